namespace Leadglass.Dicom.Tests.MediaStorage;

public sealed class FileIdTests
{
    [Theory]
    [InlineData("..", "ETC", "PASSWD")]
    [InlineData("DICOM", "..", "..", "X")]
    [InlineData(".")]
    [InlineData("/ETC/PASSWD")]
    [InlineData("A/B")]
    [InlineData("C:")]
    [InlineData("C:\\X")]
    [InlineData("")]
    [InlineData("A", "", "B")]
    [InlineData(" ")]
    [InlineData(".HIDDEN")]
    [InlineData("A\0B")]
    [InlineData("A\nB")]
    [InlineData("A.")]
    [InlineData("~\u202EX")]
    [InlineData("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17")]
    public void Names_that_could_leave_the_folder_are_none(params string[] components) =>
        Assert.False(FileId.TryParse(components, out _));

    [Theory]
    [InlineData(true, "DICOM", "PAT00001", "I0000001")]
    [InlineData(false, "dicom", "im.dcm")]
    [InlineData(false, "IMAGE-0001")]
    [InlineData(false, "LONGER_THAN_EIGHT")]
    public void Other_names_pass_and_know_whether_they_conform(bool conforms, params string[] components)
    {
        Assert.True(FileId.TryParse(components, out var file));
        Assert.Equal(conforms, file.IsConformant);
        Assert.DoesNotContain(components[^1], file.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_found_in_either_case_and_with_a_version_but_never_through_links()
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-fileid-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "disc", "dicom"));
            File.WriteAllText(Path.Combine(folder, "disc", "dicom", "im1"), "");
            File.WriteAllText(Path.Combine(folder, "disc", "dicom", "IM2.;1"), "");
            File.WriteAllText(Path.Combine(folder, "secret"), "");
            File.CreateSymbolicLink(Path.Combine(folder, "disc", "dicom", "IM3"), Path.Combine(folder, "secret"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "disc", "OUT"), folder);
            Assert.Equal(Path.Combine(folder, "disc", "dicom", "im1"), Find("DICOM", "IM1"));
            Assert.Equal(Path.Combine(folder, "disc", "dicom", "IM2.;1"), Find("DICOM", "IM2"));
            Assert.Null(Find("DICOM", "IM3"));
            Assert.Null(Find("OUT", "secret"));
            Assert.Null(Find("DICOM"));
            Assert.Null(Find("DICOM", "IM1", "X"));
            Assert.Null(Find("NONE", "IM1"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string? Find(params string[] components) =>
            FileId.TryParse(components, out var file) ? file.FindBelow(Path.Combine(folder, "disc")) : null;
    }
}
