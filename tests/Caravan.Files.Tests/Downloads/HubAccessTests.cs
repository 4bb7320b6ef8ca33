using Caravan.Files.Downloads;

namespace Caravan.Files.Tests.Downloads;

public sealed class HubAccessTests
{
    [Theory]
    [InlineData(null, "https://huggingface.co/a/b", "https://huggingface.co/a/b")]
    [InlineData("https://mirror.example/hub/", "https://huggingface.co/a/b", "https://mirror.example/hub/a/b")]
    [InlineData("https://mirror.example", "https://elsewhere.example/a", "https://elsewhere.example/a")]
    public void Locate_MovesOnlyTheHubsAddresses(string? endpoint, string url, string expected) =>
        Assert.Equal(expected, new HubAccess(endpoint).Locate(url).AbsoluteUri);

    [Theory]
    [InlineData("https://mirror.example/other", true)]
    [InlineData("https://MIRROR.example", true)]
    [InlineData("http://mirror.example/", false)]
    [InlineData("https://mirror.example:8443/", false)]
    [InlineData("https://mirror.example.evil/", false)]
    [InlineData("https://huggingface.co/", false)]
    public void Owns_SameSchemeHostAndPort(string address, bool expected) =>
        Assert.Equal(expected, new HubAccess("https://mirror.example/hub", "t").Owns(new Uri(address)));

    [Theory]
    [InlineData("mirror", null, "expected an address such as https://huggingface.co")]
    [InlineData("ftp://mirror", null, "expected an address")]
    [InlineData("http://mirror.example", "t", "would travel unencrypted")]
    [InlineData(null, "a\nb", "characters that no token has")]
    public void Create_UnusableSettings_AreRefused(string? endpoint, string? token, string message) =>
        Assert.Contains(message, Assert.Throws<BadInputException>(() => new HubAccess(endpoint, token)).Message);
}
