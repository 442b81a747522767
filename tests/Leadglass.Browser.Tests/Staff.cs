namespace Leadglass.Browser.Tests;

/// <summary>The people of the tests: an account for each role.</summary>
public enum Staff
{
    Radiologist,
    Referrer,
    Technician,
    Records,
    DataProtectionOfficer,
    Administrator,
}
