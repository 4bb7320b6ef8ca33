namespace Caravan.Checkpoints;

public static partial class BitsAndBytes
{
    /// <summary>A weight that is stored in NF4; null for any other tensor.</summary>
    /// <exception cref="Caravan.Files.BadInputException">The description does not fit the codes.</exception>
    public static BitsAndBytesWeight? Find(ModelWeights weights, string name)
    {
        if (!weights.Contains(name + StateSuffix))
            return null;
        var numbers = Open(weights, weights[name].Info);
        var state = ReadState(weights, name);
        var levels = Nf4StoredTensor.ReadFloats(weights[name + ".quant_map"]);
        var isNested = weights.Contains(name + ".nested_absmax");
        return new BitsAndBytesWeight
        {
            Numbers = numbers,
            Codes = name,
            Scales = name + ".absmax",
            ScalesOfScales = isNested ? name + ".nested_absmax" : null,
            Map = isNested ? name + ".nested_quant_map" : null,
            Offset = isNested ? (float)state.GetDouble("nested_offset") : 0,
            HasUsualBlocks = state.GetInt("blocksize", Nf4.BlockSize) == Nf4.BlockSize
                && (!isNested || state.GetInt("nested_blocksize", Nf4.ScaleBlockSize) == Nf4.ScaleBlockSize)
                && levels.AsSpan().SequenceEqual(Nf4.Levels),
        };
    }
}
