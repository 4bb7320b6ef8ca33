using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Caravan.Files;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// A SentencePiece model file (<c>tokenizer.model</c>, a protocol buffer): pieces, the algorithm, and how text is
/// normalized before it. Fields that do not matter for encoding are skipped.
/// </summary>
internal sealed class SentencePieceModel
{
    public const int Unigram = 1;
    public const int Bpe = 2;

    private const int MaxPieces = 4_000_000;

    private SentencePieceModel()
    {
    }

    public List<Piece> Pieces { get; } = [];

    /// <summary><see cref="Unigram"/> or <see cref="Bpe"/>.</summary>
    public int ModelType { get; private set; } = Unigram;

    public bool ByteFallback { get; private set; }

    /// <summary>Whether the space of a word stands behind it rather than before it.</summary>
    public bool WhitespaceIsSuffix { get; private set; }

    public int UnknownId { get; private set; }

    public int BosId { get; private set; } = 1;

    public int EosId { get; private set; } = 2;

    public int PadId { get; private set; } = -1;

    /// <summary>The compiled normalization rules; empty for identity.</summary>
    public byte[] CharacterMap { get; private set; } = [];

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraWhitespace { get; private set; } = true;

    public bool EscapeWhitespace { get; private set; } = true;

    /// <summary>Reads the content of the file <paramref name="path"/>.</summary>
    /// <exception cref="BadInputException">It is no SentencePiece model, or is damaged.</exception>
    public static SentencePieceModel Parse(byte[] content, string path)
    {
        var model = new SentencePieceModel();
        try
        {
            model.ReadFields(content);
        }
        catch (InvalidDataException exception)
        {
            throw Damaged(path, exception.Message, exception);
        }
        if (model.Pieces.Count == 0)
            throw Damaged(path, "it has no pieces");
        if (model.ModelType is not (Unigram or Bpe))
        {
            throw new BadInputException(
                $"{path}: this SentencePiece model is of type {model.ModelType} (3: words, 4: characters); " +
                "only unigram (1) and BPE (2) can be read.");
        }
        if ((uint)model.UnknownId >= (uint)model.Pieces.Count)
            throw Damaged(path, $"the unknown piece should be number {model.UnknownId} of {model.Pieces.Count}");
        return model;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadFields(ReadOnlyMemory<byte> content)
    {
        var fields = new ProtobufReader(content);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    if (Pieces.Count == MaxPieces)
                        throw new InvalidDataException($"it has more than {MaxPieces} pieces");
                    Pieces.Add(ReadPiece(fields.Bytes()));
                    break;
                case 2:
                    ReadTrainer(fields.Bytes());
                    break;
                case 3:
                    ReadNormalizer(fields.Bytes());
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Piece ReadPiece(ReadOnlyMemory<byte> message)
    {
        var (text, score, type) = (ReadOnlyMemory<byte>.Empty, 0f, SentencePieceType.Normal);
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    text = fields.Bytes();
                    if (!Utf8.IsValid(text.Span))
                        throw new InvalidDataException("a piece is not UTF-8 text");
                    break;
                case 2:
                    score = fields.Float();
                    break;
                case 3:
                    type = (SentencePieceType)fields.Int();
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }
        return new Piece(text, score, type);
    }

    private void ReadTrainer(ReadOnlyMemory<byte> message)
    {
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 3:
                    ModelType = fields.Int();
                    break;
                case 24:
                    WhitespaceIsSuffix = fields.Int() != 0;
                    break;
                case 35:
                    ByteFallback = fields.Int() != 0;
                    break;
                case 40:
                    UnknownId = fields.Int();
                    break;
                case 41:
                    BosId = fields.Int();
                    break;
                case 42:
                    EosId = fields.Int();
                    break;
                case 43:
                    PadId = fields.Int();
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlyMemory<byte> message)
    {
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 2:
                    CharacterMap = fields.Bytes().ToArray();
                    break;
                case 3:
                    AddDummyPrefix = fields.Int() != 0;
                    break;
                case 4:
                    RemoveExtraWhitespace = fields.Int() != 0;
                    break;
                case 5:
                    EscapeWhitespace = fields.Int() != 0;
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }
    }

    private static BadInputException Damaged(string path, string reason, Exception? inner = null) => new(
        $"{path}: not a readable SentencePiece model ({reason}). " +
        "The file may be cut off, or a Git LFS pointer instead of the real file; fetch it again.", inner);
}
