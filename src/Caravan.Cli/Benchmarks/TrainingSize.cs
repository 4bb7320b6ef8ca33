namespace Caravan.Cli.Benchmarks;

/// <summary>A LLaMA and its batch; those of <c>bench/peers/torch_llama.py</c>.</summary>
internal sealed record TrainingSize(
    string Name, int Dim, int Layers, int Heads, int Mlp, int Vocabulary, int Batch, int Length)
{
    public static readonly TrainingSize Small = new("15M", 288, 6, 6, 768, 32000, 8, 512);

    public static readonly TrainingSize Medium = new("110M", 768, 12, 12, 2048, 32000, 2, 1024);

    public int Tokens => Batch * Length;

    /// <summary>Parameters of matrices; the head is tied to the embedding.</summary>
    public long Parameters => Layers * (4L * Dim * Dim + 3L * Dim * Mlp) + (long)Vocabulary * Dim;

    /// <summary>The same tokens in documents of another length.</summary>
    public TrainingSize WithLength(int length) => this with { Batch = Math.Max(1, Tokens / length), Length = length };
}
