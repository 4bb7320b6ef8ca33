using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// The header of a safetensors file: a little-endian 64-bit length, then JSON that gives each tensor's type, shape and
/// place. Everything in it is checked against everything else and against the file's size before it is believed.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's limit for the JSON.</summary>
    public const long MaxJsonLength = 100_000_000;

    private readonly string _path;
    private readonly HashSet<string> _names = [];

    private SafetensorsHeader(string path) => _path = path;

    /// <summary>Tensors in the order of their bytes.</summary>
    public List<SafetensorsEntry> Entries { get; private set; } = [];

    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Where the data buffer starts in the file.</summary>
    public long DataStart { get; private set; }

    /// <summary>Reads and checks the header of <paramref name="file"/>.</summary>
    public static SafetensorsHeader Read(WeightFile file)
    {
        var header = new SafetensorsHeader(file.Path);
        var json = header.ReadJson(file);
        header.DataStart = 8 + json.Length;
        header.Parse(json);
        header.CheckPlaces(file.Length - header.DataStart);
        return header;
    }

    private byte[] ReadJson(WeightFile file)
    {
        if (file.Length < 8)
        {
            throw Bad(
                $"the file has {file.Length} bytes; a safetensors file has at least 8. It is truncated or empty.");
        }
        Span<byte> prefix = stackalloc byte[8];
        file.Read(0, prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxJsonLength)
        {
            var found = file.KnownFormat() is { } format ? $"this is {format}, not a safetensors file" :
                $"the header says it is {length} bytes long; at most {MaxJsonLength} are allowed";
            throw Bad($"{found}. Check that the file is what its name says.");
        }
        if ((long)length > file.Length - 8)
        {
            throw Bad(
                $"the header needs {length} bytes and the file has {file.Length - 8} after its length field. " +
                "It is truncated; fetch it again.");
        }
        var json = new byte[length];
        file.Read(8, json);
        if (json.Length == 0 || json[0] != '{')
            throw Bad("the header does not start with '{'. The file is damaged or not a safetensors file.");
        if (!Utf8.IsValid(json))
            throw Bad("the header is not UTF-8. The file is damaged.");
        return json;
    }

    private void Parse(byte[] json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                ParseProperty(ref reader);
            // Only the padding may follow; the reader throws on anything else.
            reader.Read();
        }
        // InvalidOperationException: a string with half a surrogate pair, or a value of another kind than expected.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Bad($"the header is not valid JSON: {e.Message} The file is damaged.", e);
        }
    }

    private void ParseProperty(ref Utf8JsonReader reader)
    {
        var name = reader.GetString()!;
        if (!_names.Add(name))
            throw Bad($"tensor '{name}' is listed twice. The file is damaged.");
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Bad($"'{name}' in the header is not an object. The file is damaged.");
        if (name == "__metadata__")
            ParseMetadata(ref reader);
        else
            ParseTensor(name, ref reader);
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Bad($"'{key}' in __metadata__ is not a string. Only strings are allowed there.");
            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw Bad($"'{key}' stands twice in __metadata__. The file is damaged.");
        }
    }

    private void ParseTensor(string name, ref Utf8JsonReader reader)
    {
        string? dtype = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString();
            reader.Read();
            var repeated = key switch
            {
                "dtype" => dtype is not null,
                "shape" => shape is not null,
                "data_offsets" => offsets is not null,
                _ => false,
            };
            if (repeated)
                throw Bad($"tensor '{name}': '{key}' stands twice. The file is damaged.");
            if (key == "dtype")
                dtype = reader.GetString();
            else if (key == "shape")
                shape = ParseIntegers(name, key, ref reader);
            else if (key == "data_offsets")
                offsets = ParseIntegers(name, key, ref reader);
            else
                reader.Skip();
        }
        if (dtype is null || shape is null || offsets is null)
        {
            var missing = dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Bad($"tensor '{name}': '{missing}' is missing. The file is damaged.");
        }
        AddEntry(name, dtype, shape, offsets);
    }

    private List<long> ParseIntegers(string name, string key, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Bad($"tensor '{name}': '{key}' is not an array. The file is damaged.");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                throw Bad($"tensor '{name}': '{key}' holds something else than non-negative integers.");
            numbers.Add(number);
        }
        return numbers;
    }

    private void AddEntry(string name, string dtype, List<long> shape, List<long> offsets)
    {
        if (!WeightTypes.TryParseSafetensors(dtype, out var type))
        {
            throw Bad(
                $"tensor '{name}': unsupported dtype '{dtype}'. Supported are " +
                $"{string.Join(", ", Enum.GetValues<WeightType>().Select(known => known.SafetensorsName()))}.");
        }
        TensorInfo info;
        try
        {
            info = new TensorInfo(name, type, shape);
        }
        catch (BadInputException e)
        {
            throw Bad($"{e.Message} The file is damaged.", e);
        }
        if (offsets.Count != 2 || offsets[0] > offsets[1])
        {
            throw Bad(
                $"tensor '{name}': data_offsets [{string.Join(", ", offsets)}] are not a begin and an end after it. " +
                "The file is damaged.");
        }
        if (offsets[1] - offsets[0] != info.ByteLength)
        {
            throw Bad(
                $"tensor '{name}': {dtype} {info.ShapeText} takes {info.ByteLength} bytes but data_offsets give " +
                $"{offsets[1] - offsets[0]}. The file is damaged.");
        }
        Entries.Add(new SafetensorsEntry(info, offsets[0]));
    }

    private void CheckPlaces(long dataLength)
    {
        Entries = [.. Entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.Info.ByteLength)];
        long end = 0;
        foreach (var entry in Entries)
        {
            if (entry.Begin != end)
            {
                throw Bad(
                    $"tensor '{entry.Info.Name}' begins at byte {entry.Begin} of the data, but the tensor before it " +
                    $"ends at {end}: {(entry.Begin < end ? "they overlap" : "there is a gap")}. The file is damaged.");
            }
            end += entry.Info.ByteLength;
        }
        if (end == dataLength)
            return;
        var last = Entries.Count == 0 ? "(no tensors)" : $"'{Entries[^1].Info.Name}'";
        throw Bad(end > dataLength
            ? $"tensors up to {last} need {DataStart + end} bytes and the file has {DataStart + dataLength}. " +
              "It is truncated; fetch it again."
            : $"{dataLength - end} bytes follow the last tensor {last}. The file is damaged.");
    }

    private BadInputException Bad(string message, Exception? inner = null) => new($"{_path}: {message}", inner);
}
