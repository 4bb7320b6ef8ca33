namespace Caravan.Data.Parquet;

/// <summary>Takes one value of a column; its bytes are valid during the call.</summary>
public delegate void ParquetBytes(ReadOnlySpan<byte> value, bool hasValue);
