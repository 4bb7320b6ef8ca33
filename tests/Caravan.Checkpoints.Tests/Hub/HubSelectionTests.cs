namespace Caravan.Checkpoints.Tests.Hub;

public sealed class HubSelectionTests
{
    private static readonly string[] Repository =
    [
        ".gitattributes", "README.md", "config.json", "flax_model.msgpack", "model.safetensors",
        "original/consolidated.00.pth", "pytorch_model.bin", "sub/weights.bin", "tf_model.h5", "tokenizer.json",
    ];

    private static string[] Choose(HubSelection selection, params string[] files) =>
        [.. selection.Choose([.. files.Select(path => new HubFile(path, 1, null, null))]).Wanted
            .Select(file => file.Path)];

    [Fact]
    public void Choose_NoWish_LeavesOutOtherFormatsAndSecondCopies()
    {
        Assert.Equal(
            ["README.md", "config.json", "model.safetensors", "sub/weights.bin", "tokenizer.json"],
            Choose(new(), Repository));
        Assert.Equal(["pytorch_model.bin"], Choose(new(), "pytorch_model.bin", "tf_model.h5"));
        Assert.Equal(["original/consolidated.00.pth"], Choose(new(), "original/consolidated.00.pth"));
    }

    [Fact]
    public void Choose_All_TakesEverything() => Assert.Equal(Repository, Choose(new() { All = true }, Repository));

    [Theory]
    [InlineData("*.bin", "pytorch_model.bin sub/weights.bin")]
    [InlineData("sub/", "sub/weights.bin")]
    [InlineData("sub", "")]
    [InlineData("config.jso?", "config.json")]
    public void Choose_Include_TakesExactlyThese(string pattern, string expected) => Assert.Equal(
        expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), Choose(new() { Include = [pattern] }, Repository));

    [Fact]
    public void Choose_Exclude_GoesBeforeInclude() => Assert.Equal(
        ["pytorch_model.bin"], Choose(new() { Include = ["*.bin"], Exclude = ["sub/*"] }, Repository));
}
