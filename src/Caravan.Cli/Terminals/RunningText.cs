using System.Text;

namespace Caravan.Cli.Terminals;

/// <summary>Running text, laid out for a terminal.</summary>
internal static class RunningText
{
    /// <summary>One line: every run of white space becomes one space.</summary>
    public static string Join(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Breaks lines at spaces so that none is longer than <paramref name="width"/>, as far as words allow. The
    /// first line begins at column <paramref name="indent"/>, the others are moved there by spaces.</summary>
    public static string Wrap(string text, int width, int indent = 0)
    {
        var wrapped = new StringBuilder(text.Length + 16);
        var column = indent;
        foreach (var word in text.Split(' '))
        {
            if (column > indent && column + 1 + word.Length > width)
            {
                wrapped.Append('\n').Append(' ', indent);
                column = indent;
            }
            else if (column > indent)
            {
                wrapped.Append(' ');
                column++;
            }
            wrapped.Append(word);
            column += word.Length;
        }
        return wrapped.ToString();
    }
}
