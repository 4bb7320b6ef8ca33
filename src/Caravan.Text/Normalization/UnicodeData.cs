using System.Globalization;

namespace Caravan.Text.Normalization;

/// <summary>
/// Decompositions, compositions and combining classes, read from the embedded <c>UnicodeData.txt</c>. The runtime's
/// own normalization is not used: it needs ICU, does nothing where the process runs without it, and cannot say which
/// characters became which.
/// </summary>
internal sealed class UnicodeData
{
    private const int HangulBase = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadBase = 0x1100;
    private const int LeadCount = 19;
    private const int VowelBase = 0x1161;
    private const int VowelCount = 21;
    private const int TailBase = 0x11A7;
    private const int TailCount = 28;

    private static readonly Lazy<UnicodeData> Loaded = new(() => new UnicodeData());

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<long, int> _composites = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly HashSet<int> _joinsPrevious = [];

    private UnicodeData()
    {
        using var stream = typeof(UnicodeData).Assembly.GetManifestResourceStream("Caravan.Text.UnicodeData.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
                ReadLine(line);
        }
    }

    public static UnicodeData Instance => Loaded.Value;

    /// <summary>The canonical combining class; 0 for a starter.</summary>
    public byte CombiningClass(int point) => _classes.GetValueOrDefault(point);

    /// <summary>Appends the full decomposition of a character to <paramref name="output"/>.</summary>
    public void Decompose(int point, bool compatibility, List<int> output)
    {
        var syllable = point - HangulBase;
        if ((uint)syllable < HangulCount)
        {
            output.Add(LeadBase + (syllable / (VowelCount * TailCount)));
            output.Add(VowelBase + (syllable / TailCount % VowelCount));
            if (syllable % TailCount > 0)
                output.Add(TailBase + (syllable % TailCount));
            return;
        }
        int[]? parts = null;
        var isFound = (compatibility && _compatible.TryGetValue(point, out parts))
            || _canonical.TryGetValue(point, out parts);
        if (isFound)
            output.AddRange(parts!);
        else
            output.Add(point);
    }

    /// <summary>The character that two characters compose to, or -1.</summary>
    public int Compose(int first, int second)
    {
        if ((uint)(first - LeadBase) < LeadCount && (uint)(second - VowelBase) < VowelCount)
            return HangulBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TailCount);
        if ((uint)(first - HangulBase) < HangulCount && (first - HangulBase) % TailCount == 0
            && second - TailBase is > 0 and < TailCount)
        {
            return first + second - TailBase;
        }
        return _composites.TryGetValue(Pair(first, second), out var composite) ? composite : -1;
    }

    /// <summary>
    /// Whether a character may be other than itself in a normal form, or joins or reorders with its neighbours.
    /// </summary>
    public bool MayChange(int point, bool compatibility, bool composes)
    {
        if (_classes.ContainsKey(point) || (compatibility && _compatible.ContainsKey(point)))
            return true;
        if (!composes)
            return (uint)(point - HangulBase) < HangulCount || _canonical.ContainsKey(point);
        return _joinsPrevious.Contains(point)
            || (uint)(point - VowelBase) < VowelCount
            || point - TailBase is > 0 and < TailCount
            || (_canonical.ContainsKey(point) && !IsComposite(point));
    }

    private bool IsComposite(int point)
    {
        var parts = _canonical[point];
        var composed = parts[0];
        for (var i = 1; i < parts.Length && composed >= 0; i++)
            composed = Compose(composed, parts[i]);
        return composed == point;
    }

    private void ReadLine(string line)
    {
        var at = line.AsSpan().IndexOfAny("=~+-");
        var first = Hex(line.AsSpan(0, at));
        var rest = line[(at + 1)..];
        switch (line[at])
        {
            case '=':
                _canonical[first] = [.. rest.Split(' ').Select(part => Hex(part))];
                break;
            case '~':
                _compatible[first] = [.. rest.Split(' ').Select(part => Hex(part))];
                break;
            case '+':
                var sides = rest.Split('>');
                _composites[Pair(first, Hex(sides[0]))] = Hex(sides[1]);
                _joinsPrevious.Add(Hex(sides[0]));
                break;
            default:
                var range = rest.Split(':');
                for (var point = first; point <= Hex(range[0]); point++)
                    _classes[point] = byte.Parse(range[1]);
                break;
        }
    }

    private static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    private static int Hex(ReadOnlySpan<char> text) => int.Parse(text, NumberStyles.AllowHexSpecifier);
}
