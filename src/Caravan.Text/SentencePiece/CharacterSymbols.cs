namespace Caravan.Text.SentencePiece;

/// <summary>A symbol for each character that occurs in a vocabulary.</summary>
internal sealed class CharacterSymbols
{
    /// <summary>The symbol of a character that occurs nowhere; below zero, so that it never merges.</summary>
    public const int None = int.MinValue;

    // Counted from 1; 0 where there is none.
    private readonly int[] _basic = new int[char.MaxValue + 1];
    private readonly Dictionary<int, int> _beyond = [];

    public int this[int point]
    {
        get
        {
            if (point > char.MaxValue)
                return _beyond.TryGetValue(point, out var symbol) ? symbol : None;
            return _basic[point] == 0 ? None : _basic[point] - 1;
        }

        set
        {
            if (point <= char.MaxValue)
                _basic[point] = value + 1;
            else
                _beyond[point] = value;
        }
    }
}
