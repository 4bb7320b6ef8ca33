using System.Text.Json.Nodes;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Data.Sources;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data;

/// <summary>
/// A file of records as tokens. They are made once, on all cores, and kept in a folder named by a hash of the file's
/// bytes and the settings; whoever asks again finds them there. The folder holds parts of a few thousand records
/// (<see cref="TokenPart"/>), each written whole, so that an interrupted preparation goes on behind the last one, and
/// at last <c>source.json</c>. Memory holds one part while it is made, and afterwards what is being read.
/// </summary>
public sealed class TokenizedFile : IDisposable
{
    private const int RecordsPerPart = 8192;
    private const int RecordsPerTask = 128;
    private const string SourceFile = "source.json";

    private readonly List<TokenPart> _parts;

    private TokenizedFile(string name, string key, string folder, ManifestFile source, List<TokenPart> parts)
    {
        (Name, Key, Folder, Source, _parts) = (name, key, folder, source, parts);
        Count = parts.Sum(part => part.Count);
    }

    /// <summary>The file as it was named by the person.</summary>
    public string Name { get; }

    /// <summary>Equal for equal bytes and settings.</summary>
    public string Key { get; }

    /// <summary>Where the tokens are.</summary>
    public string Folder { get; }

    /// <summary>Size and hash of the file.</summary>
    public ManifestFile Source { get; }

    /// <summary>Records, those without a token to learn included.</summary>
    public int Count { get; }

    /// <summary>The largest token id in use.</summary>
    public int LargestTokenId => _parts.Max(part => part.LargestTokenId);

    /// <summary>What there is to say about the records before training on them.</summary>
    public PreflightReport Preflight => PreflightReports.Join(_parts.Select(part => part.Preflight));

    /// <summary>Finds a file's tokens under <paramref name="cache"/>, or makes them.</summary>
    /// <param name="renew">Make them again even if they are there.</param>
    /// <param name="progress">Told the number of records done.</param>
    /// <exception cref="BadInputException">The file is missing or empty, or a record is broken; it is
    /// named.</exception>
    public static TokenizedFile Open(
        string path, string cache, TokenizationSettings settings, bool renew = false, Action<long>? progress = null,
        CancellationToken cancellation = default)
    {
        using (RawFile.Open(path)) // says what is wrong with the path before anything is hashed
        {
        }
        var source = ManifestFile.Of(path);
        var key = settings.KeyFor(Path.GetFileName(path), source.Sha256);
        var folder = Path.Combine(cache, key[..32]);
        if (renew && Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var parts = OpenParts(folder);
        if (!File.Exists(Path.Combine(folder, SourceFile)))
        {
            var done = parts.Sum(part => (long)part.Count);
            Make(path, folder, settings, parts, done, progress, cancellation);
            var description = new JsonObject { ["source"] = Path.GetFullPath(path), ["sha256"] = source.Sha256 };
            AtomicFile.WriteText(Path.Combine(folder, SourceFile), description.ToJsonString() + "\n");
        }
        if (parts.Count == 0)
            throw new BadInputException(
                $"{path}: the file has no records. Give at least one with an assistant message.");
        return new TokenizedFile(path, key, folder, source, parts);
    }

    public int Length(int index) => Part(ref index).Length(index);

    public int TargetTokens(int index) => Part(ref index).TargetTokens(index);

    public bool IsTruncated(int index) => Part(ref index).IsTruncated(index);

    /// <summary>The record's dataset and id.</summary>
    public (string Dataset, string Id) NameOf(int index) => Part(ref index).Name(index);

    public TrainingExample Read(int index) => Part(ref index).Read(index);

    public void Dispose() => _parts.ForEach(part => part.Dispose());

    private TokenPart Part(ref int index)
    {
        // All parts but the last are full.
        var part = index / RecordsPerPart;
        index %= RecordsPerPart;
        return _parts[part];
    }

    // The parts up to the first that is missing, damaged or, not being the last, not full. Damage to a finished
    // preparation makes it an unfinished one.
    private static List<TokenPart> OpenParts(string folder)
    {
        var parts = new List<TokenPart>();
        while (TokenPart.TryOpen(PartPath(folder, parts.Count)) is { } part)
        {
            parts.Add(part);
            if (part.Count < RecordsPerPart)
                break;
        }
        var isFinished = File.Exists(Path.Combine(folder, SourceFile));
        if (isFinished && Directory.EnumerateFiles(folder, "*.tokens").Count() == parts.Count)
            return parts;
        if (isFinished)
            File.Delete(Path.Combine(folder, SourceFile));
        // A part that is not full may have been the last of a damaged set; it is made again.
        if (parts.Count > 0 && parts[^1].Count < RecordsPerPart)
        {
            parts[^1].Dispose();
            parts.RemoveAt(parts.Count - 1);
        }
        return parts;
    }

    private static string PartPath(string folder, int part) => Path.Combine(folder, $"{part:00000}.tokens");

    private static void Make(
        string path, string folder, TokenizationSettings settings, List<TokenPart> parts, long done,
        Action<long>? progress, CancellationToken cancellation)
    {
        // Records are copied because they are parsed on other threads, after the reader has moved on.
        var records = RecordFile.Read(path).Skip((int)done).Select(raw => raw with { Utf8 = raw.Utf8.ToArray() });
        var pieces = OrderedParallel.Map(
            records.Chunk(RecordsPerTask), chunk => Tokenize(chunk, settings, cancellation),
            Environment.ProcessorCount, cancellation);
        List<TrainingExample> examples = [];
        List<PreflightReport> reports = [];
        void Flush()
        {
            if (examples.Count == 0)
                return;
            var file = PartPath(folder, parts.Count);
            TokenPart.Write(file, examples, PreflightReports.Join(reports));
            parts.Add(TokenPart.TryOpen(file)
                ?? throw new IOException($"{file}: what was written cannot be read back."));
            examples.Clear();
            reports.Clear();
        }
        foreach (var (piece, report) in pieces)
        {
            cancellation.ThrowIfCancellationRequested();
            examples.AddRange(piece);
            reports.Add(report);
            progress?.Invoke(done += piece.Length);
            if (examples.Count >= RecordsPerPart)
                Flush();
        }
        Flush();
    }

    private static (TrainingExample[] Examples, PreflightReport Report) Tokenize(
        RawRecord[] chunk, TokenizationSettings settings, CancellationToken cancellation)
    {
        var records = Array.ConvertAll(chunk, raw => Parse(raw, settings.Template));
        var report = ChatPreflight.Check(
            settings.Template, settings.Tokenizer, records.Select(record => (record.Id, record.Messages)),
            settings.MaxLength, cancellation);
        return (Array.ConvertAll(records, record => Tokenize(record, settings)), report);
    }

    private static InstructionRecord Parse(RawRecord raw, ChatTemplate template)
    {
        using var document = JsonRecord.Parse(raw, out _);
        return InstructionParser.Parse(document.RootElement, raw, template.SeparatesInput);
    }

    private static TrainingExample Tokenize(InstructionRecord record, TokenizationSettings settings)
    {
        try
        {
            var chat = settings.Template.Tokenize(settings.Tokenizer, record.Messages, settings.MaxLength);
            var rounds = record.Messages.Count(message => message.Role == "user");
            return new TrainingExample(record.Dataset, record.Id, chat.InputIds, chat.Labels, rounds, chat.Truncated);
        }
        catch (BadInputException error)
        {
            throw new BadInputException($"{record.Origin}: {error.Message} (id {record.Id})", error);
        }
    }
}
