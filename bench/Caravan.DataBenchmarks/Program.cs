using System.Diagnostics;
using Caravan.Data.Layouts;
using Caravan.Data.Parquet;
using Caravan.Data.Sources;

// Decodes the texts of a Parquet file on one thread, as columns and as rows, and prints MB of text a second of
// processor time. The file is made from records: prompts and completions, Snappy, plain encoding, 32 MB a row group.
if (args.Length != 2)
{
    Console.Error.WriteLine("Usage: Caravan.DataBenchmarks RECORDS.jsonl WORK.parquet");
    return 2;
}
if (!File.Exists(args[1]))
    LayoutFile.Convert(args[0], args[1], "prompt-completion", skipInvalid: long.MaxValue);
for (var round = 0; round < 3; round++)
{
    Measure("columns", () =>
    {
        long bytes = 0;
        using var file = ParquetFile.Open(args[1]);
        for (var group = 0; group < file.RowGroups; group++)
        {
            foreach (var column in file.Columns)
                file.ReadColumn(group, column, (text, _) => bytes += text.Length);
        }
        return bytes;
    });
    Measure("rows", () => RecordFile.Read(args[1]).Sum(record => (long)record.Utf8.Length));
}
return 0;

static void Measure(string what, Func<long> read)
{
    var before = Process.GetCurrentProcess().TotalProcessorTime;
    var megabytes = read() / 1e6;
    var seconds = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
    Console.WriteLine($"{what,-8} {megabytes:0} MB, {seconds:0.00} s of processor time: {megabytes / seconds:0} MB/s");
}
