namespace Caravan.Checkpoints;

/// <summary>A weight file of any format: named tensors, to be read or mapped.</summary>
internal interface ITensorFile : IDisposable
{
    string Path { get; }

    IReadOnlyList<TensorInfo> Tensors { get; }

    WeightTensor this[string name] { get; }

    /// <param name="writable">See <see cref="WeightFile.Map"/>.</param>
    MappedTensor Map(string name, bool writable = false);

    /// <summary>For tensors whose bytes are those of an earlier one (tied weights): the earlier one's name.</summary>
    IReadOnlyDictionary<string, string> Aliases { get; }
}
