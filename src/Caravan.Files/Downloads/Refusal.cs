using System.Net;

namespace Caravan.Files.Downloads;

/// <summary>What an answer without data means, and what to do about it.</summary>
internal static class Refusal
{
    /// <summary>Statuses that may be another one a moment later.</summary>
    public static bool MayPass(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout
        or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway
        or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>The wait that the server asks for, by the answer's Retry-After.</summary>
    public static TimeSpan? Wait(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > DateTimeOffset.UtcNow ? date - DateTimeOffset.UtcNow : TimeSpan.Zero,
        _ => null,
    };

    /// <summary>The error for a status that will stay.</summary>
    public static BadInputException Explain(HttpResponseMessage response, string url, string? page, bool hasToken)
    {
        var status = $"{url}: the server answered {(int)response.StatusCode}";
        page ??= url;
        var code = response.Headers.TryGetValues("X-Error-Code", out var codes) ? codes.FirstOrDefault() : null;
        return new BadInputException((code, response.StatusCode) switch
        {
            ("GatedRepo", _) when !hasToken =>
                $"{status}. The repository is gated: accept the terms on {page} and set HF_TOKEN to an access token " +
                "of that account.",
            ("GatedRepo", _) =>
                $"{status} to the access token. The repository is gated: accept the terms on {page} with the account " +
                "that the token is of.",
            ("RepoNotFound", _) when !hasToken =>
                $"{status}: there is no such repository, or it is private. Check its name on the hub, or set " +
                "HF_TOKEN to an access token that may see it.",
            ("RepoNotFound", _) =>
                $"{status}: there is no such repository, or the access token may not see it. Check its name.",
            ("RevisionNotFound", _) => $"{status}: there is no such revision. See {page} for those that there are.",
            ("EntryNotFound", _) => $"{status}: there is no such file at this revision. See {page}.",
            (_, HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) when !hasToken =>
                $"{status}. The file needs an access token: accept the terms on {page} and set HF_TOKEN.",
            (_, HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) =>
                $"{status} to the access token. Accept the terms on {page} with the account that the token is of.",
            (_, HttpStatusCode.NotFound or HttpStatusCode.Gone) =>
                $"{status}: it is not there any more. See {page}, and put the file into place by hand.",
            _ => $"{status}. Try again later; a download goes on where it stopped.",
        });
    }
}
