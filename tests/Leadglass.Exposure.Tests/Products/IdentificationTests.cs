using System.Net;
using Xunit;

namespace Leadglass.Exposure.Tests;

public sealed class IdentificationTests
{
    private const string DcmtkUid = "1.2.276.0.7230010.3.0.3.6.7";

    [Fact]
    public void DcmtkAloneIsNotOrthanc()
    {
        var told = Products.BuiltIn.Identify(Dicom(11112, DcmtkUid, "OFFIS_DCMTK_367"), web: null);
        Assert.Equal("DCMTK", told.Product);
        Assert.Equal("3.6.7", told.Version);
        Assert.Equal(0.99, told.Confidence);
    }

    [Fact]
    public void DcmtkAtOrthancsPortIsAHintAndNoMore()
    {
        var told = Products.BuiltIn.Identify(Dicom(4242, DcmtkUid, "OFFIS_DCMTK_367"), web: null);
        Assert.Equal("DCMTK", told.Product);
        Assert.Contains(told.Evidence, one => one.StartsWith("may be Orthanc", StringComparison.Ordinal));
    }

    [Fact]
    public void ARealmOverDcmtkIsOrthanc()
    {
        var told = Products.BuiltIn.Identify(
            Dicom(4242, DcmtkUid, "OFFIS_DCMTK_367"),
            Web(8042, (WebSigns.Realm, "Orthanc Secure Area"))
        );
        Assert.Equal("Orthanc", told.Product);
        Assert.Null(told.Version);
        Assert.InRange(told.Confidence, 0.9, 1);
    }

    [Fact]
    public void WhatContradictsLowersConfidenceAndIsSaid()
    {
        var told = Products.BuiltIn.Identify(
            Dicom(4242, "1.2.40.0.13.1.3", "dcm4che-5.31.0"),
            Web(8042, (WebSigns.Realm, "Orthanc Secure Area"))
        );
        Assert.Equal("Orthanc", told.Product);
        Assert.InRange(told.Confidence, 0.3, 0.6);
        Assert.Contains(told.Evidence, one => one.StartsWith("against it, for dcm4che", StringComparison.Ordinal));
    }

    [Fact]
    public void NothingKnownIsUnknown()
    {
        var told = Products.BuiltIn.Identify(
            Dicom(4242, "1.2.3.4", "SOMETHING"),
            Web(8042, (WebSigns.Server, "nginx"))
        );
        Assert.Equal(ProductIdentification.UnknownProduct, told.Product);
        Assert.Equal(0, told.Confidence);
    }

    [Fact]
    public void OneSignOfAHoneypotIsNotEnough()
    {
        var told = Products.BuiltIn.Identify(Dicom(11112, "1.2.826.0.1.3680043.9.7133.1.1", "GODICOM_1_1"), web: null);
        Assert.Equal("go-netdicom", told.Product);
        Assert.Single(told.HoneypotSigns);
        Assert.InRange(told.HoneypotLikelihood, 0.01, 0.49);
    }

    [Fact]
    public void SeveralSignsOfAHoneypotThatAgreeAreListedAndLikely()
    {
        var told = Products.BuiltIn.Identify(
            Dicom(11112, "1.2.826.0.1.3680043.9.7133.1.1", "GODICOM_1_1") with
            {
                Oddities = ["ignores-keys"],
                Records = Studies(0),
            },
            web: null
        );
        Assert.Equal(3, told.HoneypotSigns.Count);
        Assert.InRange(told.HoneypotLikelihood, 0.5, 1);
        Assert.InRange(told.DemoLikelihood, 0, 0.49);
    }

    [Fact]
    public void ADemonstrationIsLikelyWhereItsNameAndItsSizeSaySo()
    {
        var web = Web(8042, (WebSigns.Title, "Orthanc Explorer"), (WebSigns.SaysDemo, "name"));
        Assert.InRange(Products.BuiltIn.Identify(dicom: null, web).DemoLikelihood, 0.01, 0.49);
        var told = Products.BuiltIn.Identify(dicom: null, web with { Records = Studies(6) });
        Assert.Equal("Orthanc", told.Product);
        Assert.Equal(2, told.DemoSigns.Count);
        Assert.InRange(told.DemoLikelihood, 0.5, 1);
        Assert.Equal(
            0,
            Products.BuiltIn.Identify(dicom: null, web with { Records = Studies(60_000) }).HoneypotLikelihood
        );
    }

    private static ExposedRecords Studies(long count) =>
        new(
            [new RecordCount(CountUnit.Studies, CountKind.Exact, count, "GET /statistics")],
            new Dictionary<string, long>(),
            FirstYear: null,
            LastYear: null,
            StoppedEarly: null
        );

    private static DicomObservation Dicom(int port, string uid, string version) =>
        new()
        {
            Target = new ProbeTarget(IPAddress.Loopback, port),
            SpeaksDicom = true,
            ImplementationClassUid = uid,
            ImplementationVersionName = version,
        };

    private static WebObservation Web(int port, params (string Kind, string Value)[] signs) =>
        new()
        {
            Target = new ProbeTarget(IPAddress.Loopback, port),
            SpeaksHttp = true,
            Signs = signs.ToDictionary(one => one.Kind, one => one.Value),
        };
}
