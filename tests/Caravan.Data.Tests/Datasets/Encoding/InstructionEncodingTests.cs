using System.Text.Json;
using System.Text.RegularExpressions;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Encoding;
using Caravan.Data.Json;

namespace Caravan.Data.Tests.Datasets.Encoding;

/// <summary>
/// The 28 wordings with their weights. I, X and O are instruction, input and output; ~ is a sentence of our own.
/// </summary>
public sealed class InstructionEncodingTests
{
    private static readonly (double Weight, string Prompt)[] WithInput =
    [
        (.20, "I\n\nX\n\n"), (.10, "I\nX\n\n"), (.10, "I\nX\n"), (.05, "I\n\nInput: X\n\nOutput:"),
        (.05, "I\nInput: X\nOutput:"), (.05, "I\nX\n\nResponse:"), (.05, "I\n\nAdditional Context:\nX\n\nAnswer:"),
        (.05, "Task: I\nInput: X\nOutput:"), (.05, "Task: I\n\nX\n\n"), (.05, "Task: I\n\nX\n\nAnswer:"),
        (.05, "~:\n\nI\n\nX\n\nAnswer:"), (.05, "I\n\n~ -\nInput: X\nOutput:"), (.05, "Instruction:I\n\nInput: X\n\n"),
        (.10, "~. ~.\n\n### Instruction:\nI\n\n### Input:\nX\n\n### Response:"),
    ];

    private static readonly (double Weight, string Prompt)[] WithoutInput =
    [
        (.20, "I\n\n"), (.10, "I\n"), (.10, "I"), (.05, "I Output:"), (.05, "I\nResponse:"), (.05, "I\n\nAnswer:"),
        (.05, "Task: I\n\n"), (.05, "Instruction: I\n"), (.05, "Instruction: I\nOutput:"), (.05, "~:\n\nI\n\n"),
        (.05, "~?\n\nI\n"), (.05, "~: I\nAnswer:"), (.05, "~.\nI\n"),
        (.10, "~.\n\n### Instruction:\nI\n\n### Response:"),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Add_DrawsOverAllWeights_GiveEachWordingItsShare(bool withInput)
    {
        var wordings = withInput ? WithInput : WithoutInput;
        var total = wordings.Sum(wording => wording.Weight);
        Assert.Equal(1, total, 12);
        var before = 0.0;
        for (var i = 0; i < wordings.Length; i++)
        {
            var (weight, prompt) = wordings[i];
            var pattern = "^" + Regex.Escape(prompt).Replace("~", "[^\\n]+") + "\\z";
            var answer = !withInput && i == 2 ? "\nO" : "O";
            // Just inside of both ends of the wording's share.
            foreach (var draw in new[] { before + 1e-9, before + weight - 1e-9 })
            {
                var (user, assistant) = Encode(" I\t", withInput ? "\nX " : " \n", "O\n", draw / total);
                Assert.Matches(pattern, user);
                Assert.Equal(answer, assistant);
            }
            before += weight;
        }
    }

    [Fact]
    public void Add_TextsThatLookLikePlaces_StayAsTheyAre()
    {
        for (var draw = 0.0; draw < 1; draw += .01)
        {
            var (user, assistant) = Encode("{input} {0}", "{output} }{ {instruction}", "{instruction}{input}", draw);
            Assert.Contains("{input} {0}", user);
            Assert.Contains("{output} }{ {instruction}", user);
            Assert.Equal("{instruction}{input}", assistant);
        }
    }

    private static (string User, string Assistant) Encode(string instruction, string input, string output, double draw)
    {
        var batch = new RecordBatch();
        InstructionEncoding.Add(batch, ("d", "", default), JsonString.Of(instruction), JsonString.Of(input),
            JsonString.Of(output), draw);
        using var messages = JsonDocument.Parse(
            (byte[])[(byte)'[', .. batch.Messages(batch.Entries[0]), (byte)']']);
        string Content(int index) => messages.RootElement[index].GetProperty("content").GetString()!;
        return (Content(0), Content(1));
    }
}
