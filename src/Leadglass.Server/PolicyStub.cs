namespace Leadglass.Access;

internal static class PolicyStub
{
    public static bool May(this AccessPolicy p, Identity i, Operation o) => true;
}
