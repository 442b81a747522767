namespace Leadglass.Exposure;

/// <summary>What is known of the product at a target before it is probed over DICOM.</summary>
/// <param name="Product">Its name.</param>
/// <param name="PublishedAeTitles">The AE titles that its maker publishes as defaults, most likely first.</param>
public sealed record ProductHint(string Product, IReadOnlyList<string> PublishedAeTitles);
