using System.Text;
using Caravan.Files;
using Google.Protobuf;

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

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

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
        try
        {
            return ParseFields(content, path);
        }
        catch (Exception exception)
            when (exception is InvalidProtocolBufferException or InvalidDataException or DecoderFallbackException)
        {
            throw Damaged(path, exception.Message, exception);
        }
    }

    private static SentencePieceModel ParseFields(byte[] content, string path)
    {
        var model = new SentencePieceModel();
        var input = new CodedInputStream(content);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    if (model.Pieces.Count == MaxPieces)
                        throw Damaged(path, $"it has more than {MaxPieces} pieces");
                    model.Pieces.Add(ReadPiece(ReadMessage(input, tag)));
                    break;
                case 2:
                    model.ReadTrainer(ReadMessage(input, tag));
                    break;
                case 3:
                    model.ReadNormalizer(ReadMessage(input, tag));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
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

    private static Piece ReadPiece(CodedInputStream input)
    {
        var (text, score, type) = ("", 0f, SentencePieceType.Normal);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    Expect(tag, WireFormat.WireType.LengthDelimited);
                    text = Strict.GetString(input.ReadBytes().Span);
                    break;
                case 2:
                    Expect(tag, WireFormat.WireType.Fixed32);
                    score = input.ReadFloat();
                    break;
                case 3:
                    type = (SentencePieceType)ReadInt(input, tag);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return new Piece(text, score, type);
    }

    private void ReadTrainer(CodedInputStream input)
    {
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 3:
                    ModelType = ReadInt(input, tag);
                    break;
                case 24:
                    WhitespaceIsSuffix = ReadInt(input, tag) != 0;
                    break;
                case 35:
                    ByteFallback = ReadInt(input, tag) != 0;
                    break;
                case 40:
                    UnknownId = ReadInt(input, tag);
                    break;
                case 41:
                    BosId = ReadInt(input, tag);
                    break;
                case 42:
                    EosId = ReadInt(input, tag);
                    break;
                case 43:
                    PadId = ReadInt(input, tag);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private void ReadNormalizer(CodedInputStream input)
    {
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 2:
                    Expect(tag, WireFormat.WireType.LengthDelimited);
                    CharacterMap = input.ReadBytes().ToByteArray();
                    break;
                case 3:
                    AddDummyPrefix = ReadInt(input, tag) != 0;
                    break;
                case 4:
                    RemoveExtraWhitespace = ReadInt(input, tag) != 0;
                    break;
                case 5:
                    EscapeWhitespace = ReadInt(input, tag) != 0;
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private static CodedInputStream ReadMessage(CodedInputStream input, uint tag)
    {
        Expect(tag, WireFormat.WireType.LengthDelimited);
        return input.ReadBytes().CreateCodedInput();
    }

    private static int ReadInt(CodedInputStream input, uint tag)
    {
        Expect(tag, WireFormat.WireType.Varint);
        return unchecked((int)input.ReadUInt64());
    }

    private static void Expect(uint tag, WireFormat.WireType type)
    {
        if (WireFormat.GetTagWireType(tag) != type)
            throw new InvalidDataException($"field {WireFormat.GetTagFieldNumber(tag)} has the wrong type");
    }

    private static BadInputException Damaged(string path, string reason, Exception? inner = null) => new(
        $"{path}: not a readable SentencePiece model ({reason.TrimEnd('.')}). " +
        "The file may be cut off, or a Git LFS pointer instead of the real file; fetch it again.", inner);
}
