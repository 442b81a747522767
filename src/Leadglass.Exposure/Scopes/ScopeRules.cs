namespace Leadglass.Exposure;

/// <summary>Rules that look at more than one field. They see what could be read, so that all mistakes come at once.</summary>
internal static class ScopeRules
{
    public static void Check(ScanScope scope, ScopeFields file, ScopeSections sections)
    {
        CheckNetworks(scope, sections);
        CheckNesting(
            [.. scope.Inventory.Select(entry => entry.Addresses)],
            sections.InventoryLines,
            "inventory.network",
            sections.Mistakes
        );
        CheckPublic(scope, file, sections);
        CheckProofs(scope, sections);
        if (scope.HighestRung >= Rung.CountRecords && scope.Authorisation.RecordsBasis is null)
        {
            file.Mistaken(
                "highestRung",
                "rungs 5b and 6 receive records in flight: name their legal basis in authorisation.recordsBasis, or write 5a"
            );
        }
    }

    private static void CheckNetworks(ScanScope scope, ScopeSections sections)
    {
        foreach (var network in scope.Networks)
        {
            var line = sections.NetworkLines[network.Number];
            if (AddressKinds.WhyNever(network.Addresses) is { } why)
            {
                sections.Mistakes.Add(line, $"networks: {why}");
            }

            if (network.HighestRung > scope.HighestRung)
            {
                sections.Mistakes.Add(
                    line,
                    $"networks.highestRung: {RungLabel.Of(network.HighestRung.Value)} is above the scope's {RungLabel.Of(scope.HighestRung)}"
                );
            }
        }

        CheckNesting(
            [.. scope.Networks.Select(network => network.Addresses)],
            sections.NetworkLines,
            "networks",
            sections.Mistakes
        );
    }

    // Where two ranges cross, neither is the narrower one whose words count.
    private static void CheckNesting(
        IReadOnlyList<AddressRange> ranges,
        List<int> lines,
        string where,
        MistakeList mistakes
    )
    {
        var open = new Stack<(AddressRange Range, int Line)>();
        foreach (
            var (range, line) in ranges
                .Zip(lines)
                .OrderBy(entry => entry.First.First)
                .ThenByDescending(entry => entry.First.Last)
        )
        {
            while (open.TryPeek(out var before) && before.Range.Last < range.First)
            {
                open.Pop();
            }

            if (open.TryPeek(out var around) && (around.Range == range || !around.Range.Holds(range)))
            {
                var what = around.Range == range ? "is listed twice" : $"crosses {around.Range}";
                mistakes.Add(Math.Max(line, around.Line), $"{where}: {range} {what} (lines {around.Line} and {line})");
            }

            open.Push((range, line));
        }
    }

    private static void CheckPublic(ScanScope scope, ScopeFields file, ScopeSections sections)
    {
        var count = ScanScope.PublicCount(scope.Networks.Select(network => network.Addresses));
        if (count > ScanScope.PublicAddressesMax)
        {
            file.Mistaken(
                "networks",
                $"{count} public addresses; a scope holds at most {ScanScope.PublicAddressesMax}: list those that you answer for"
            );
        }

        foreach (var network in scope.Networks)
        {
            if (
                network.HighestRung > ScanScope.UnprovedPublicRung
                && scope.ProofOfControl.IsEmpty
                && ScanScope.PublicCount([network.Addresses]) > 0
            )
            {
                sections.Mistakes.Add(
                    sections.NetworkLines[network.Number],
                    $"networks.highestRung: {network.Addresses} is public, where rung 3 and above need a proof of control; "
                        + "announce one in proofOfControl or write 2"
                );
            }
        }
    }

    private static void CheckProofs(ScanScope scope, ScopeSections sections)
    {
        foreach (var (claim, line) in scope.ProofOfControl.Zip(sections.ProofLines))
        {
            if (claim.Kind != ProofKind.File || claim.Addresses is not { } address)
            {
                continue;
            }

            if (!scope.NetworkTable.TryFind(address.First, out _))
            {
                sections.Mistakes.Add(line, $"proofOfControl.https: {claim.Place} is in no network of this scope");
            }
            else if (!scope.Ports.Contains(ControlProofs.FilePort))
            {
                sections.Mistakes.Add(
                    line,
                    $"proofOfControl.https: the file is fetched from port {ControlProofs.FilePort}; list it in ports"
                );
            }
        }
    }
}
