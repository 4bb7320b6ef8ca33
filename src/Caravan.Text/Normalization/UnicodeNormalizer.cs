using System.Runtime.InteropServices;
using System.Text;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Unicode normalization (Unicode Standard Annex 15). Unpaired surrogates stay as they are.</summary>
internal sealed class UnicodeNormalizer(UnicodeForm form) : Normalizer
{
    // Kept from text to text, so that accented writing does not allocate for every letter.
    [ThreadStatic]
    private static List<Part>? _spareParts;

    [ThreadStatic]
    private static List<int>? _sparePoints;

    private readonly bool _composes = form is UnicodeForm.Nfc or UnicodeForm.Nfkc;
    private readonly bool _compatibility = form is UnicodeForm.Nfkc or UnicodeForm.Nfkd;

    /// <summary>For each character of the basic plane whether it may change; made at first need.</summary>
    private readonly Lazy<bool[]> _mayChange = new(() => ChangingCharacters(form));

    /// <summary>Below this no character changes or joins with another.</summary>
    private readonly char _firstChanging = form switch
    {
        UnicodeForm.Nfc => '\u0300',
        UnicodeForm.Nfd => '\u00C0',
        _ => '\u00A0',
    };

    public override void Apply(NormalizedText text)
    {
        var chars = text.Chars;
        var kept = 0;
        var rewriting = false;
        var position = 0;
        while (NextChanging(chars, position) is var changing and >= 0)
        {
            if (!rewriting)
                text.BeginRewrite(chars.Length);
            rewriting = true;
            // The character before may take a mark into itself.
            var start = Math.Max(kept, PreviousStart(chars, changing));
            var end = changing;
            while (end < chars.Length && MayChange(chars, end, out var length))
                end += length;
            text.Keep(kept, start);
            Rewrite(text, start, end);
            kept = position = end;
        }
        if (!rewriting)
            return;
        text.Keep(kept, chars.Length);
        text.EndRewrite();
    }

    private int NextChanging(ReadOnlySpan<char> chars, int from)
    {
        while (from < chars.Length)
        {
            var plain = chars[from..].IndexOfAnyExceptInRange('\0', (char)(_firstChanging - 1));
            if (plain < 0)
                return -1;
            from += plain;
            if (MayChange(chars, from, out var length))
                return from;
            from += length;
        }
        return -1;
    }

    private bool MayChange(ReadOnlySpan<char> chars, int index, out int length)
    {
        length = 1;
        if (chars[index] < _firstChanging)
            return false;
        if (!char.IsSurrogate(chars[index]))
            return _mayChange.Value[chars[index]];
        var status = Rune.DecodeFromUtf16(chars[index..], out var rune, out length);
        return status == System.Buffers.OperationStatus.Done
            && UnicodeData.Instance.MayChange(rune.Value, _compatibility, _composes);
    }

    private static bool[] ChangingCharacters(UnicodeForm form)
    {
        var compatibility = form is UnicodeForm.Nfkc or UnicodeForm.Nfkd;
        var composes = form is UnicodeForm.Nfc or UnicodeForm.Nfkc;
        var changing = new bool[char.MaxValue + 1];
        for (var value = 0; value < changing.Length; value++)
            changing[value] = UnicodeData.Instance.MayChange(value, compatibility, composes);
        return changing;
    }

    private static int PreviousStart(ReadOnlySpan<char> chars, int index)
    {
        if (index == 0)
            return 0;
        var isPair = index > 1 && char.IsLowSurrogate(chars[index - 1]) && char.IsHighSurrogate(chars[index - 2]);
        return index - (isPair ? 2 : 1);
    }

    private void Rewrite(NormalizedText text, int start, int end)
    {
        var parts = Decompose(text.Chars[start..end], start);
        Reorder(parts);
        if (_composes)
            Compose(parts);
        Span<char> units = stackalloc char[2];
        foreach (var part in parts)
        {
            if (part.Point < 0)
                text.Append((char)~part.Point, part.Start, part.End);
            else
                text.Append(units[..new Rune(part.Point).EncodeToUtf16(units)], part.Start, part.End);
        }
    }

    private List<Part> Decompose(ReadOnlySpan<char> chars, int offset)
    {
        var data = UnicodeData.Instance;
        var parts = _spareParts ??= [];
        var points = _sparePoints ??= [];
        parts.Clear();
        for (var i = 0; i < chars.Length;)
        {
            if (Rune.DecodeFromUtf16(chars[i..], out var rune, out var length) != System.Buffers.OperationStatus.Done)
            {
                parts.Add(new Part(~chars[i], 0, offset + i, offset + i + 1));
                i++;
                continue;
            }
            points.Clear();
            data.Decompose(rune.Value, _compatibility, points);
            foreach (var point in points)
                parts.Add(new Part(point, data.CombiningClass(point), offset + i, offset + i + length));
            i += length;
        }
        return parts;
    }

    /// <summary>Sorts each run of marks by combining class, equal ones in the order in which they stood.</summary>
    private static void Reorder(List<Part> parts)
    {
        for (var start = 0; start < parts.Count; start++)
        {
            if (parts[start].Class == 0)
                continue;
            var end = start;
            while (end < parts.Count && parts[end].Class != 0)
                end++;
            SortByClass(CollectionsMarshal.AsSpan(parts)[start..end]);
            start = end - 1;
        }
    }

    private static void SortByClass(Span<Part> marks)
    {
        // Few marks stand on one letter; a text made of nothing else must still not take the square of its length.
        if (marks.Length > 32)
        {
            var sorted = marks.ToArray().OrderBy(mark => mark.Class).ToArray();
            sorted.CopyTo(marks);
            return;
        }
        for (var i = 1; i < marks.Length; i++)
        {
            var mark = marks[i];
            var place = i;
            for (; place > 0 && marks[place - 1].Class > mark.Class; place--)
                marks[place] = marks[place - 1];
            marks[place] = mark;
        }
    }

    private static void Compose(List<Part> parts)
    {
        var data = UnicodeData.Instance;
        var (kept, starter, lastClass) = (0, -1, -1);
        // What is kept is never further than what is read.
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            // A mark is blocked by one of the same or a higher class between it and the starter.
            var isBlocked = lastClass >= part.Class && lastClass >= 0;
            var composed = starter >= 0 && !isBlocked ? data.Compose(parts[starter].Point, part.Point) : -1;
            if (composed >= 0)
            {
                parts[starter] = parts[starter] with
                {
                    Point = composed,
                    End = Math.Max(parts[starter].End, part.End),
                };
                continue;
            }
            if (part.Class == 0)
                (starter, lastClass) = (kept, -1);
            else
                lastClass = part.Class;
            parts[kept++] = part;
        }
        parts.RemoveRange(kept, parts.Count - kept);
    }

    /// <summary>A code point (or ~unit for an unpaired surrogate) with the range of text it stands for.</summary>
    private readonly record struct Part(int Point, byte Class, int Start, int End);
}
