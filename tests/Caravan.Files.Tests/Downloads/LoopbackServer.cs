using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Caravan.Files.Tests.Downloads;

/// <summary>A web server on loopback whose answers a test decides, as rude as they may be.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly HttpListener _listener = new();

    /// <param name="answer">Fills the answer, which is then closed.</param>
    public LoopbackServer(Action<HttpListenerContext> answer)
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        }
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _ = Task.Run(() => ServeAsync(answer));
    }

    /// <summary>Without a slash at its end.</summary>
    public string Address { get; }

    /// <summary>What was asked, in order.</summary>
    public ConcurrentQueue<Request> Requests { get; } = new();

    public void Dispose() => _listener.Close();

    /// <summary>Sends a file, or the part that is asked for.</summary>
    /// <param name="cutAfter">Cut the connection after so many bytes.</param>
    /// <param name="etag">With quotes; an If-Range of another one gets the whole file.</param>
    public static void Send(
        HttpListenerContext context, byte[] data, int cutAfter = int.MaxValue, string? etag = null, bool ranges = true)
    {
        var (request, response) = (context.Request, context.Response);
        var from = 0;
        if (etag is not null)
            response.Headers["ETag"] = etag;
        if (ranges && request.Headers["Range"] is { } range && request.Headers["If-Range"] is var known &&
            (known is null || known == etag))
        {
            from = int.Parse(range["bytes=".Length..^1]);
            if (from >= data.Length)
            {
                response.StatusCode = 416;
                return;
            }
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {from}-{data.Length - 1}/{data.Length}";
        }
        response.ContentLength64 = data.Length - from;
        var count = Math.Min(cutAfter, data.Length - from);
        response.OutputStream.Write(data, from, count);
        if (count < data.Length - from)
            response.Abort();
    }

    private async Task ServeAsync(Action<HttpListenerContext> answer)
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            _ = Task.Run(() => Answer(context, answer));
        }
    }

    private void Answer(HttpListenerContext context, Action<HttpListenerContext> answer)
    {
        var request = context.Request;
        Requests.Enqueue(new Request(
            request.RawUrl!, request.Headers["Range"], request.Headers["If-Range"], request.Headers["Authorization"]));
        try
        {
            answer(context);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or InvalidOperationException or IOException)
        {
            // The answer was cut off, by the test or by the client.
        }
    }

    internal sealed record Request(string Path, string? Range, string? IfRange, string? Authorization);
}
