using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class ModelConfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Get_TypedValues_AreThoseOfTheFile()
    {
        var config = Read("""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "rms_norm_eps": 1e-05,
             "tie_word_embeddings": true, "head_dim": null, "eos_token_id": [1, 2], "vocab_size": 512.0,
             "rope_scaling": {"rope_type": "llama3", "factor": 8}}
            """);
        Assert.Equal("llama", config.ModelType);
        Assert.Equal("LlamaForCausalLM", config.Architecture);
        Assert.Equal(64, config.GetInt("hidden_size"));
        Assert.Equal(512, config.GetInt("vocab_size"));
        Assert.Equal(1e-5, config.GetDouble("rms_norm_eps"));
        Assert.Equal(64.0, config.GetDouble("hidden_size"));
        Assert.True(config.GetBool("tie_word_embeddings"));
        Assert.Equal([1, 2], config.GetInts("eos_token_id"));
        Assert.Equal(8, config.FindObject("rope_scaling")!.GetInt("factor"));
        Assert.Null(config.FindInt("head_dim"));
        Assert.Equal(7, config.GetInt("head_dim", 7));
        Assert.Equal(1e6, config.GetDouble("rope_theta", 1e6));
        Assert.False(config.GetBool("attention_bias", false));
        Assert.Equal("silu", config.GetString("hidden_act", "silu"));
        Assert.Empty(config.GetInts("absent"));
    }

    [Theory]
    [InlineData("text", "config.json: 'text' is the string \"64\"; expected an integer")]
    [InlineData("half", "config.json: 'half' is the number 0.5; expected an integer")]
    [InlineData("huge", "config.json: 'huge' is 1e30, outside the range of 32 bits")]
    [InlineData("list", "config.json: 'list' is the list [1]; expected an integer")]
    [InlineData("flag", "config.json: 'flag' is true; expected an integer")]
    [InlineData("absent", "config.json: 'absent' is missing; expected an integer")]
    public void GetInt_AWrongValue_NamesFileKeyFoundAndExpected(string key, string expected)
    {
        var config = Read("""{"text": "64", "half": 0.5, "huge": 1e30, "list": [1], "flag": true}""");
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => config.GetInt(key)).Message);
    }

    [Fact]
    public void Get_AWrongValueInANestedObject_NamesTheWholeKey()
    {
        var config = Read("""{"rope_scaling": {"factor": "8"}, "architectures": [1], "a": 1, "torch_dtype": "int3"}""");
        Assert.Contains("'rope_scaling.factor'", Message(() => config.FindObject("rope_scaling")!.GetDouble("factor")));
        Assert.Contains(
            "'architectures' is the list [1]; expected a list of strings", Message(() => config.Architecture!));
        Assert.Contains("'a' is the number 1; expected an object", Message(() => config.FindObject("a")!));
        Assert.Contains("'a' is the number 1; expected true or false", Message(() => config.GetBool("a")));
        Assert.Contains("'a' is the number 1; expected a string", Message(() => config.GetString("a")));
        Assert.Contains("'torch_dtype' is \"int3\"; expected \"float32\"", Message(() => config.WeightType!));
        Assert.Contains("'model_type' is missing", Message(() => config.ModelType));
    }

    [Theory]
    [InlineData("{\"a\": 1,\n oops}", "config.json:2:2: not valid JSON")]
    [InlineData("{\"a\": 1, \"a\": 2}", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    [InlineData("3", "not an object")]
    public void Read_NotAnObject_SaysWhere(string text, string expected)
    {
        File.WriteAllText(_folder["config.json"], text);
        Assert.Contains(expected, Message(() => ModelConfigFile.Read(_folder.Path)));
    }

    [Fact]
    public void Write_AfterAChange_KeepsTheOtherKeysAsTheyWere()
    {
        const string text = """
            {
              "rms_norm_eps": 1e-05,
              "rope_theta": 10000.0,
              "strange": {
                "a": [
                  1,
                  null
                ]
              },
              "vocab_size": 32000
            }

            """;
        var config = Read(text);
        config.Set("vocab_size", 32001);
        config.Write(_folder["out"]);
        Assert.Equal(text.Replace("32000", "32001"), File.ReadAllText(Path.Combine(_folder["out"], "config.json")));
    }

    [Fact]
    public void Read_NewerSpellings_BecomesTheOlderOnes()
    {
        var config = Read(
            """{"dtype": "bfloat16", "rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8}}""");
        Assert.Equal(WeightType.BF16, config.WeightType);
        Assert.Equal(5e5, config.GetDouble("rope_theta"));
        Assert.Equal(8, config.FindObject("rope_scaling")!.GetInt("factor"));
        Assert.Equal(["torch_dtype", "rope_theta", "rope_scaling"], config.Keys);
        config = Read("""{"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}}""");
        Assert.Equal(["rope_theta"], config.Keys);
    }

    [Fact]
    public void Read_RandomlyDamaged_IsReadOrRefused()
    {
        var good = """
            {"model_type": "llama", "hidden_size": 64, "eos_token_id": [1, 2], "é": "\u00e9",
             "rope_scaling": {"factor": 2.0}}
            """u8.ToArray();
        var random = new Random(5);
        for (var round = 0; round < 5_000; round++)
        {
            var bad = (byte[])good.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(_folder["config.json"], bad);
            try
            {
                var config = ModelConfigFile.Read(_folder.Path);
                config.GetString("model_type", "");
                config.GetInt("hidden_size", 0);
                config.GetInts("eos_token_id");
                config.FindString("é");
                config.FindObject("rope_scaling")?.GetDouble("factor", 1);
                Assert.NotNull(config.Copy().Keys.ToList());
            }
            catch (BadInputException e)
            {
                Assert.Contains("config.json", e.Message);
            }
        }
    }

    private ModelConfigFile Read(string text)
    {
        File.WriteAllText(_folder["config.json"], text);
        return ModelConfigFile.Read(_folder.Path);
    }

    private static string Message(Func<object> action) => Assert.Throws<BadInputException>(action).Message;
}
