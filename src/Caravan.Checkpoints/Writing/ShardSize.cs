using System.Globalization;
using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>The largest size of a shard, as Hugging Face tools write it.</summary>
public static partial class ShardSize
{
    /// <summary>5 GB (10^9 bytes), the usual limit.</summary>
    public const long Default = 5_000_000_000;

    /// <summary>Reads <c>5GB</c>, <c>500MB</c>, <c>2GiB</c>, <c>1.5gb</c> or a plain number of bytes.</summary>
    /// <exception cref="BadInputException">The text is not a positive size.</exception>
    public static long Parse(string text)
    {
        var match = Pattern().Match(text.Trim());
        if (match.Success)
        {
            double unit = match.Groups[2].Value.ToUpperInvariant() switch
            {
                "KB" => 1e3,
                "MB" => 1e6,
                "GB" => 1e9,
                "TB" => 1e12,
                "KIB" => 1L << 10,
                "MIB" => 1L << 20,
                "GIB" => 1L << 30,
                "TIB" => 1L << 40,
                _ => 1,
            };
            var size = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * unit;
            if (size is >= 1 and < 9e18)
                return (long)size;
        }
        throw new BadInputException($"'{text}' is not a shard size. Write for example 5GB, 500MB or 2GiB.");
    }

    [GeneratedRegex(
        @"^(\d{1,18}(?:\.\d{1,9})?)\s*((?:[KMGT]I?)?B)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
