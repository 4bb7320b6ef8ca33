namespace Caravan.Cli.Tests;

/// <summary>Compares text that people read with the text that a person approved, in the folder Approved. To approve
/// what the program prints now, run the tests with CARAVAN_APPROVE=1 and look at the changed files.</summary>
internal static class ApprovedText
{
    public static void Matches(string name, string actual)
    {
        var path = Path.Combine(Repository.Root, "tests", "Caravan.Cli.Tests", "Approved", $"{name}.txt");
        if (Environment.GetEnvironmentVariable("CARAVAN_APPROVE") == "1")
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} is not there: approve it (see {nameof(ApprovedText)})");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
