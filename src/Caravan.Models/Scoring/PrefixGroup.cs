namespace Caravan.Models.Scoring;

/// <summary>Requests that begin alike.</summary>
/// <param name="PrefixLength">Tokens that they share and that are computed once; 0 where that would not pay.</param>
/// <param name="Requests">Numbers of the requests.</param>
internal sealed record PrefixGroup(int PrefixLength, IReadOnlyList<int> Requests)
{
    // A shared beginning costs a forward pass of its own, which few tokens are not worth.
    private const int ShortestPrefix = 16;

    /// <summary>Divides requests into groups so that few tokens are computed twice: in the order of their tokens, a
    /// group grows as long as its savings do.</summary>
    internal static List<PrefixGroup> Divide(IReadOnlyList<ScoringRequest> requests)
    {
        var order = Enumerable.Range(0, requests.Count).ToArray();
        Array.Sort(order, (a, b) => Compare(requests[a], requests[b]) is var sign && sign != 0 ? sign : a.CompareTo(b));
        var groups = new List<PrefixGroup>();
        for (var start = 0; start < order.Length;)
        {
            var (end, shared) = (start + 1, Shareable(requests[order[start]]));
            while (end < order.Length)
            {
                var next = Math.Min(
                    Math.Min(shared, Shareable(requests[order[end]])),
                    Common(requests[order[start]], requests[order[end]]));
                if (next < ShortestPrefix || (long)next * (end - start) < (long)shared * (end - start - 1))
                    break;
                (end, shared) = (end + 1, next);
            }
            groups.Add(new PrefixGroup(end - start > 1 ? shared : 0, order[start..end]));
            start = end;
        }
        return groups;
    }

    // The context's last token predicts the continuation's first: it must be computed with the continuation.
    private static int Shareable(ScoringRequest request) => request.Context.Length - 1;

    private static int Common(ScoringRequest a, ScoringRequest b)
    {
        var (length, i) = (Math.Min(a.Length, b.Length), 0);
        while (i < length && a[i] == b[i])
            i++;
        return i;
    }

    private static int Compare(ScoringRequest a, ScoringRequest b)
    {
        var common = Common(a, b);
        return common < Math.Min(a.Length, b.Length) ? a[common].CompareTo(b[common]) : a.Length.CompareTo(b.Length);
    }
}
