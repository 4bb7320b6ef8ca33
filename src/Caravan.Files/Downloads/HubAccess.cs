namespace Caravan.Files.Downloads;

/// <summary>
/// Where the hub is and who asks. A mirror may stand in for it; the access token goes to the one that is used and to no
/// other host.
/// </summary>
public sealed class HubAccess
{
    /// <summary>The hub itself.</summary>
    public const string Home = "https://huggingface.co";

    private readonly string _endpoint;
    private readonly Uri _origin;

    /// <param name="endpoint">A mirror in place of <see cref="Home"/>.</param>
    /// <param name="token">The access token, for gated and private repositories.</param>
    /// <exception cref="BadInputException">The endpoint is not an address, or would let the token travel in the open.
    /// </exception>
    public HubAccess(string? endpoint = null, string? token = null)
    {
        _endpoint = (string.IsNullOrWhiteSpace(endpoint) ? Home : endpoint.Trim()).TrimEnd('/');
        Token = string.IsNullOrWhiteSpace(token) ? null : token.Trim();
        if (!Uri.TryCreate(_endpoint, UriKind.Absolute, out var origin) || origin.Scheme is not ("https" or "http"))
        {
            throw new BadInputException(
                $"The hub's endpoint is '{endpoint}': expected an address such as {Home}. See HF_ENDPOINT.");
        }
        _origin = origin;
        if (Token is not null && Token.Any(c => c is <= ' ' or > '~'))
            throw new BadInputException("The hub's access token holds characters that no token has. See HF_TOKEN.");
        if (Token is not null && _origin.Scheme == "http" && !_origin.IsLoopback)
        {
            throw new BadInputException(
                $"{endpoint}: the access token would travel unencrypted. Use an https:// endpoint, or unset HF_TOKEN.");
        }
    }

    public string? Token { get; }

    /// <summary>As the variables HF_ENDPOINT and HF_TOKEN say, each unless it is given.</summary>
    public static HubAccess FromEnvironment(string? endpoint = null, string? token = null) => new(
        endpoint ?? Environment.GetEnvironmentVariable("HF_ENDPOINT"),
        token ?? Environment.GetEnvironmentVariable("HF_TOKEN"));

    /// <summary>The address to ask for <paramref name="url"/>: those of the hub are moved to the mirror.</summary>
    public Uri Locate(string url) =>
        new(url.StartsWith(Home + "/", StringComparison.Ordinal) ? _endpoint + url[Home.Length..] : url);

    /// <summary>Whether an address is the hub's, so that the token may go there: same scheme, host and port.</summary>
    public bool Owns(Uri address) =>
        address.Scheme == _origin.Scheme && address.Port == _origin.Port &&
        address.Host.Equals(_origin.Host, StringComparison.OrdinalIgnoreCase);
}
