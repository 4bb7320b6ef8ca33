namespace Caravan.Data;

/// <summary>
/// A hash of a text that is the same on every machine (FNV-1a, 64 bits), for remembering millions of texts in little
/// memory. Not for texts that are made to collide.
/// </summary>
internal static class TextHash
{
    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in text)
            hash = (hash ^ character) * 1099511628211UL;
        return hash;
    }
}
