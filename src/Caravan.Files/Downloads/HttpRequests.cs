using System.Net;
using System.Net.Http.Headers;

namespace Caravan.Files.Downloads;

/// <summary>
/// GET requests that follow redirects by themselves, so that the access token accompanies them on the hub and never
/// beyond it: the hub's large files lie on other hosts, to which it redirects.
/// </summary>
/// <param name="http">A client that does not follow redirects.</param>
internal sealed class HttpRequests(HttpClient http, HubAccess hub, TimeSpan silence)
{
    private const int MostRedirects = 10;

    /// <summary>Asks for a file from a byte on.</summary>
    /// <param name="validator">The ETag of what is there; another one means that the whole file is wanted.</param>
    /// <returns>The answer's head: 200, 206, or 416 if the file is not as long as <paramref name="from"/>.</returns>
    /// <exception cref="TransferException">No answer, or one that may be another one later.</exception>
    /// <exception cref="BadInputException">The server refuses.</exception>
    public async Task<HttpResponseMessage> GetAsync(
        string url, string? page, CancellationToken cancellation, long from = 0, string? validator = null)
    {
        var address = hub.Locate(url);
        for (var redirects = 0; redirects <= MostRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (from > 0)
                request.Headers.Range = new RangeHeaderValue(from, null);
            if (from > 0 && validator is not null)
                request.Headers.IfRange = new RangeConditionHeaderValue(validator);
            var sendsToken = hub.Token is not null && hub.Owns(address);
            if (sendsToken)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", hub.Token);
            var response = await SendAsync(request, cancellation);
            if (Redirection(response, address, url) is { } next)
            {
                response.Dispose();
                address = next;
                continue;
            }
            if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                return response;
            using (response)
            {
                // A storage host refuses an address that the hub has signed too long ago; the hub signs another one.
                var isStale = redirects > 0 && !hub.Owns(address) && response.StatusCode == HttpStatusCode.Forbidden;
                throw isStale || Refusal.MayPass(response.StatusCode)
                    ? new TransferException(
                        $"{url}: the server answered {(int)response.StatusCode}.", wait: Refusal.Wait(response))
                    : Refusal.Explain(response, url, page, sendsToken);
            }
        }
        throw new BadInputException($"{url}: more than {MostRedirects} redirects lead nowhere. Check the address.");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(silence);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw new BadInputException(
                $"{request.RequestUri}: no secure connection: {e.Message} Check clock and certificates.", e);
        }
        catch (HttpRequestException e)
        {
            throw new TransferException($"{request.RequestUri}: no connection: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TransferException($"{request.RequestUri}: no answer within {silence.TotalSeconds:0.#} s.", e);
        }
    }

    private static Uri? Redirection(HttpResponseMessage response, Uri from, string url)
    {
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) ||
            response.Headers.Location is not { } location)
        {
            return null;
        }
        var next = new Uri(from, location);
        if (next.Scheme != "https" && (next.Scheme != "http" || from.Scheme == "https"))
        {
            throw new BadInputException(
                $"{url}: the server redirects to {next.Scheme}://{next.Host}, which is not a secure connection.");
        }
        return next;
    }
}
