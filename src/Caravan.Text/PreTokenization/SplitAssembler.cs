using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>Turns the matches in a text and what lies between them into words.</summary>
/// <param name="length">Of the text.</param>
/// <param name="invert">Whether the matches are the words and the rest is what separates them.</param>
/// <param name="offset">Where the text begins in what the words are positions of.</param>
internal ref struct SplitAssembler(int length, SplitBehavior behavior, bool invert, int offset, WordList words)
{
    private int _position;
    private CharSpan _pending;
    private bool _hasPending;
    private bool _pendingSeparates;

    /// <summary>Takes the next match; matches come in order and apart from each other, and may be empty.</summary>
    public void AddMatch(int start, int end)
    {
        if (start > _position)
            AddPart(_position, start, separates: invert);
        AddPart(start, end, separates: !invert);
        _position = end;
    }

    /// <summary>Ends the text.</summary>
    public void Finish()
    {
        if (length > _position)
            AddPart(_position, length, separates: invert);
        Flush();
    }

    private void AddPart(int start, int end, bool separates)
    {
        var joins = _hasPending && behavior switch
        {
            SplitBehavior.MergedWithPrevious => separates && !_pendingSeparates,
            SplitBehavior.MergedWithNext => _pendingSeparates && !separates,
            SplitBehavior.Contiguous => separates == _pendingSeparates,
            _ => false,
        };
        if (!joins)
            Flush();
        _pending = new CharSpan(joins ? _pending.Start : start, end);
        _pendingSeparates = separates;
        _hasPending = true;
    }

    private void Flush()
    {
        if (_hasPending && !(behavior == SplitBehavior.Removed && _pendingSeparates))
            words.Add(offset + _pending.Start, offset + _pending.End);
        _hasPending = false;
    }
}
