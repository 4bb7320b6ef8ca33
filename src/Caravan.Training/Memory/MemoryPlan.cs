namespace Caravan.Training.Memory;

/// <summary>What a training run takes of a device's memory, in bytes. The parts are each at their greatest, which is
/// not at one time: their sum is more than <see cref="Peak"/>.</summary>
public sealed record MemoryPlan
{
    /// <summary>Tokens in one forward pass that the plan is for.</summary>
    public required long TokensPerPass { get; init; }

    /// <summary>Numbers in the model's weights, without an adapter.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Numbers that are trained.</summary>
    public required long TrainedCount { get; init; }

    /// <summary>The weights in the forms they are kept in, adapters included.</summary>
    public required long Parameters { get; init; }

    /// <summary>Gradients at the end of a backward pass, with the fp32 sums of the passes before.</summary>
    public required long Gradients { get; init; }

    /// <summary>AdamW's moments, and what makes fp32 numbers of parameters in bf16.</summary>
    public required long Optimizer { get; init; }

    /// <summary>What the forward pass keeps for the backward pass.</summary>
    public required long Activations { get; init; }

    /// <summary>The chunk of logits that exists at a time, and the gradients taken while it does.</summary>
    public required long Logits { get; init; }

    /// <summary>The program itself with its libraries.</summary>
    public required long Program { get; init; }

    /// <summary>The most that is needed at one time.</summary>
    public required long Peak { get; init; }

    /// <summary>Keys and values of one sequence of <c>max_seq_length</c> tokens, where the model generates.</summary>
    public required long KeyValueCache { get; init; }
}
