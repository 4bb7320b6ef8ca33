using System.IO.Compression;
using System.Text;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Tests.Records;

public sealed class InstructionFileTests : IDisposable
{
    private static readonly string Good = """
        {"dataset": "d", "id": "d_0", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant",
        "content": "Hello"}]}
        """.OneLine();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_MessagesLines_GivesRecordsWithTheirOrigin()
    {
        var path = _folder.Write("a.jsonl", "\uFEFF" + Good + "\r\n\r\n  \n" + Good.Replace("d_0", "d_1"));
        var records = InstructionFile.Read(path).ToList();
        Assert.Equal(["d_0", "d_1"], records.Select(record => record.Id));
        Assert.Equal([new("user", "Hi"), new("assistant", "Hello")], records[0].Messages);
        Assert.Equal(new RecordOrigin(path, 1), records[0].Origin);
        Assert.Equal(new RecordOrigin(path, 4), records[1].Origin);
    }

    [Fact]
    public void ReadAndWrite_FurtherMembers_GoThrough_InAsciiToo()
    {
        const string Others = """
            "source": "d\u00fc", "tools": [{"name": "t", "n": 1.50}], "prompt": null
            """;
        var path = _folder.Write(
            "a.jsonl", Good.Replace("{\"dataset\"", $"{{ \"source\" :\"old\",{Others}, \"dataset\""));
        var record = InstructionFile.Read(path).Single();
        InstructionFile.Write(_folder.In("b.jsonl"), [record]);
        Assert.Equal(
            $"{Good[..^1]}, {Others.Replace("\\u00fc", "ü")}}}\n", File.ReadAllText(_folder.In("b.jsonl")));
        InstructionFile.Write(_folder.In("c.jsonl"), [record], ascii: true);
        Assert.Equal($"{Good[..^1]}, {Others}}}\n", File.ReadAllText(_folder.In("c.jsonl")));
    }

    [Fact]
    public void Read_AlpacaArray_JoinsInstructionAndInput()
    {
        var path = _folder.Write("alpaca_data.json", """
            [
              {"instruction": "Add.", "input": "1, 2", "output": "3"},
              {"instruction": "Sing.", "input": "  ", "output": "La"},
              {"instruction": "Hum.", "output": "Mm"},
              {"instruction": "Nod.", "input": null, "response": "ok"}
            ]
            """);
        var records = InstructionFile.Read(path).ToList();
        Assert.Equal(["Add.\n\n1, 2", "Sing.", "Hum.", "Nod."], records.Select(record => record.Messages[0].Content));
        Assert.Equal(["3", "La", "Mm", "ok"], records.Select(record => record.Messages[1].Content));
        Assert.Equal(
            ["alpaca_data_0", "alpaca_data_1", "alpaca_data_2", "alpaca_data_3"], records.Select(record => record.Id));
        Assert.All(records, record => Assert.Equal("alpaca_data", record.Dataset));
        Assert.Equal(new RecordOrigin(path, 4, 2), records[2].Origin);
    }

    [Fact]
    public void Read_PromptAndCompletion_WinOverMessages()
    {
        var path = _folder.Write("p.jsonl", """{"messages": 1, "prompt": "a", "completion": "b"}""");
        Assert.Equal([new ChatMessage(
            "user", "a"), new ChatMessage("assistant", "b")], InstructionFile.Read(path).Single().Messages);
    }

    [Fact]
    public void Read_Gzip_IsReadDirectly()
    {
        using var buffer = new MemoryStream();
        using (var zip = new GZipStream(buffer, CompressionMode.Compress, leaveOpen: true))
            zip.Write(Encoding.UTF8.GetBytes(Good));
        Assert.Equal("d_0", InstructionFile.Read(_folder.Write("a.jsonl.gz", buffer.ToArray())).Single().Id);
        var broken = _folder.Write("b.jsonl.gz", buffer.ToArray()[..^20]);
        Assert.Contains($"{broken}: the gzip data ends early", Assert.Throws<BadInputException>(
            () => InstructionFile.Read(broken).ToList()).Message);
    }

    [Fact]
    public void Read_EscapesAndSeparatorsInsideStrings_AreData()
    {
        var path = _folder.Write("e.jsonl",
            """{"instruction": "\ud83d\ude00 \ud83d \\ \" \/ \u0041\t", "output": "a""" + "\u2028\u0085b" + "\"}\n");
        var record = InstructionFile.Read(path).Single();
        Assert.Equal("😀 \uFFFD \\ \" / A\t", record.Messages[0].Content);
        Assert.Equal("a\u2028\u0085b", record.Messages[1].Content);
    }

    [Theory]
    [InlineData("{\"a\": ",
        "2: invalid JSON: Expected depth to be zero at the end of the JSON payload. There is an open JSON object or " +
        "array that should be closed. (byte 5 of the line) [E01]")]
    [InlineData("[1]", "2: expected a JSON object, found an array. [E01]")]
    [InlineData("""{"id": 7, "text": "x"}""",
        "2: messages: missing. Expected the columns messages, or conversations, or prompt and completion, or " +
        "instruction and output; found id, text. (dataset bad, id 7) [E02]")]
    [InlineData("""{"messages": []}""",
        "2: messages: expected an array of messages, found an empty one. (dataset bad, id bad_1) [E02]")]
    [InlineData("""{"messages": "x"}""",
        "2: messages: expected an array of messages, found a string. (dataset bad, id bad_1) [E02]")]
    [InlineData("""{"messages": [{"role": "bot", "content": "x"}]}""",
        "2: messages[0].role: unknown role \"bot\"; expected system, user or assistant. (dataset bad, id bad_1) [E03]")]
    [InlineData("""{"messages": [{"content": "x"}]}""",
        "2: messages[0].role: found nothing; expected system, user or assistant. (dataset bad, id bad_1) [E03]")]
    [InlineData("""{"messages": ["x"]}""",
        "2: messages[0]: expected an object with role and content, found a string. (dataset bad, id bad_1) [E03]")]
    [InlineData("""{"dataset": "z", "messages": [{"role": "user", "content": null}]}""",
        "2: messages[0].content: expected a string, found null. (dataset z, id bad_1) [E04]")]
    [InlineData("""{"messages": [{"role": "user", "content": "x"}, {"role": "assistant"}]}""",
        "2: messages[1].content: missing. (dataset bad, id bad_1) [E04]")]
    [InlineData("""{"messages": [{"role": "user", "content": "x"}]}""",
        "2: messages: no message of the role assistant, so there is nothing to train on. (dataset bad, id bad_1) " +
        "[E05]")]
    [InlineData("""{"id": "", "messages": []}""", "2: id: expected a string, found an empty one. [E06]")]
    [InlineData("""{"instruction": "x", "input": 3, "output": "y"}""",
        "2: input: expected a string, found a number. (dataset bad, id bad_1) [E04]")]
    [InlineData("""{"instruction": "x"}""", "2: output: missing. (dataset bad, id bad_1) [E04]")]
    public void Read_BrokenRecord_SaysWhereAndWhat(string line, string message)
    {
        var path = _folder.Write("bad.jsonl", Good + "\n" + line + "\n" + Good);
        var error = Assert.Throws<RecordException>(() => InstructionFile.Read(path).ToList());
        Assert.Equal($"{path}:{message}", error.Message);
    }

    [Theory]
    [InlineData("[\n{\"instruction\": \"a\",\n\"output\": \"b\"},\n{\"instruction\":\n1,\"output\":\"\"}]",
        "4: element 1: instruction: expected a string, found a number. (dataset bad, id bad_1) [E04]")]
    [InlineData("[\n{\"instruction\":\n\"a\" \"b\"}]",
        "3: element 0: invalid JSON: '\"' is invalid after a value. Expected either ',', '}', or ']'. (byte 4 of the " +
        "line) [E01]")]
    [InlineData("[\n{\"instruction\": \"a\", \"output\": \"b\"}\n",
        "3: the file ends inside its JSON array, after 1 whole elements. It is truncated; get it again.")]
    [InlineData("[\n{\"instruction\": \"a\", \"outpu",
        "2: the file ends inside its JSON array, after 0 whole elements. It is truncated; get it again.")]
    [InlineData("[{\"instruction\": \"a\", \"output\": \"b\"}\n{}]",
        "2: found '{' where a comma or ] was expected, after 1 whole elements of the JSON array.")]
    [InlineData("[{\"instruction\": \"a\", \"output\": \"b\"},]",
        "1: found ']' where an element of the array was expected, after 1 whole elements of the JSON array.")]
    [InlineData("[]x",
        "1: found 'x' where the end of the file after the array's closing ] was expected, after 0 whole elements of " +
        "the JSON array.")]
    public void Read_BrokenArray_SaysLineAndElement(string text, string message)
    {
        var path = _folder.Write("bad.json", text);
        var error = Assert.ThrowsAny<BadInputException>(() => InstructionFile.Read(path).ToList());
        Assert.Equal($"{path}:{message}", error.Message);
    }

    [Fact]
    public void Read_InvalidUtf8_GivesTheBytesOffset()
    {
        byte[] line = [.. """{"instruction": "a"""u8, 0xC3, .. "\"}"u8];
        var path = _folder.Write("bad.jsonl", [.. Encoding.UTF8.GetBytes(Good + "\n"), .. line]);
        var error = Assert.Throws<RecordException>(() => InstructionFile.Read(path).ToList());
        Assert.Equal(
            $"{path}:2: byte 0xc3 at offset {Good.Length + 1 + 18} of the file is not valid UTF-8. " +
            "Is the file in another encoding? [E07]", error.Message);
    }

    [Fact]
    public void Read_WhatIsNoFileOfRecords_IsExplained()
    {
        var missing = _folder.In("none.jsonl");
        Assert.Equal($"{missing}: no such file. Expected a file of records (.jsonl, .json, .parquet…).",
            Assert.Throws<BadInputException>(() => InstructionFile.Read(missing).ToList()).Message);
        Assert.Throws<BadInputException>(() => InstructionFile.Read(_folder.Path).ToList());
        var utf16 = _folder.Write("u.json", [0xFF, 0xFE, 0x5B, 0]);
        Assert.Contains("UTF-16", Assert.Throws<BadInputException>(() => InstructionFile.Read(utf16).ToList()).Message);
        var pointer = _folder.Write("p.json", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        Assert.Contains(
            "Git LFS pointer", Assert.Throws<BadInputException>(() => InstructionFile.Read(pointer).ToList()).Message);
        Assert.Empty(InstructionFile.Read(_folder.Write("empty.jsonl", " \n")));
        Assert.Empty(InstructionFile.Read(_folder.Write("empty.json", " [ ] ")));
    }

    [Fact]
    public void Write_ThenRead_GivesTheSameRecords()
    {
        var records = new[]
        {
            new InstructionRecord(
                "d", "1", [new("system", ""), new("user", "a\"\\\n\r\t\b\f\u0001\u007F"), new("assistant", "é 😀 /")]),
            new InstructionRecord("d", "2", [new("assistant", "x")]),
        };
        var path = _folder.In("out.jsonl");
        foreach (var ascii in new[] { false, true })
        {
            Assert.Equal(2, InstructionFile.Write(path, records, ascii));
            Assert.Equal(records.SelectMany(
                record => record.Messages), InstructionFile.Read(path).SelectMany(record => record.Messages));
        }
        Assert.Equal(
            """
            {"dataset": "d", "id": "1", "messages": [{"role": "system", "content": ""},
            {"role": "user", "content": "a\"\\\n\r\t\b\f\u0001\u007f"},
            {"role": "assistant", "content": "\u00e9 \ud83d\ude00 /"}]}
            """.OneLine() + "\n" +
            """{"dataset": "d", "id": "2", "messages": [{"role": "assistant", "content": "x"}]}""" + "\n",
            File.ReadAllText(path));
    }

    [Fact]
    public void Write_FailingRecords_LeaveNoFile()
    {
        var path = _folder.In("out.jsonl");
        var broken = _folder.Write("bad.jsonl", Good + "\n{");
        Assert.Throws<RecordException>(() => InstructionFile.Write(path, InstructionFile.Read(broken)));
        Assert.Equal([broken], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("raw/code_alpaca/code_alpaca_2k.json", 2017, 1011)]
    [InlineData("raw/code_alpaca/new_codealpaca.json", 4535, 955)]
    public void Read_PublishedCodeAlpaca_GivesAllRecords(string file, int count, int withoutInput)
    {
        var path = Repository.SharedData(file);
        var records = InstructionFile.Read(path).ToList();
        Assert.Equal(count, records.Count);
        using var whole = System.Text.Json.JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(
            whole.RootElement.EnumerateArray().Select(element => element.GetProperty("output").GetString()),
            records.Select(record => record.Messages[1].Content));
        Assert.Equal(withoutInput, whole.RootElement.EnumerateArray().Zip(records)
            .Count(pair => pair.First.GetProperty("instruction").GetString() == pair.Second.Messages[0].Content));
        Assert.Equal("[", File.ReadLines(path).First());
        Assert.Contains("\"instruction\"", File.ReadLines(path).ElementAt((int)records[^1].Origin.Line));
    }
}
