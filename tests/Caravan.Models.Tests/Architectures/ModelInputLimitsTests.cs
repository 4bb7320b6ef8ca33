using Caravan.Files;
using Caravan.Torch;

namespace Caravan.Models.Tests.Architectures;

public class ModelInputLimitsTests
{
    [Theory]
    [InlineData("gpt2", 48), InlineData("opt", 48)]
    public void Forward_OfMorePositionsThanLearned_SaysHowMany(string name, int positions)
    {
        using var golden = new GoldenModel("architectures", name);
        using var model = golden.Load();
        using var scope = new TensorScope();
        model.Forward(ModelInput.FromDocuments([new int[positions]]));
        var failure = Assert.Throws<BadInputException>(
            () => model.Forward(ModelInput.FromDocuments([new int[positions + 1]])));
        Assert.Contains($"{positions + 1} tokens", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mistral_window"), InlineData("qwen2_window")]
    public void Forward_OfADocumentShorterThanTheWindow_IsFullAttention(string name)
    {
        using var golden = new GoldenModel("architectures", name);
        using var model = golden.Load();
        var full = golden.Load(edit: config => config.Set("sliding_window", 64));
        using var scope = new TensorScope();
        int[] document = golden.Documents[0];
        Tensor Logits(LanguageModel of, int length) =>
            of.Logits(of.Forward(ModelInput.FromDocuments([document[..length]])));

        Assert.True(Logits(model, 4).equal(Logits(full, 4)));
        // The fifth token is the first that does not see the first one.
        Assert.True(Logits(model, 5).narrow(0, 0, 4).equal(Logits(full, 5).narrow(0, 0, 4)));
        Assert.False(Logits(model, 5).equal(Logits(full, 5)));
        full.Dispose();
    }

    [Fact]
    public void Forward_WithAWindowOfOne_SeesNoOtherToken()
    {
        using var golden = new GoldenModel("architectures", "mistral_window");
        using var model = golden.Load(edit: config => config.Set("sliding_window", 1));
        using var scope = new TensorScope();
        int[] document = golden.Documents[0];
        var together = model.Logits(model.Forward(ModelInput.FromDocuments([document])));
        // Each at its own position; with rotary positions that makes no difference.
        var alone = model.Logits(model.Forward(ModelInput.FromDocuments([.. document.Select(id => new[] { id })])));
        golden.AssertEqual("logits", alone, together);
    }

    [Fact]
    public void Forward_WithACacheBeyondTheTrainedLength_HasTheAnglesOfEachLength()
    {
        // Up to the trained length all documents have the same angles, through the cache or at once.
        using var golden = new GoldenModel("architectures", "llama_rope_dynamic");
        using var model = golden.Load();
        using var noGradients = GradientMode.Disable();
        using var scope = new TensorScope();
        using var cache = model.CreateCache(1, 16);
        int[] document = golden.Documents[0];
        model.Forward(ModelInput.FromDocuments([document[..7]], cache: cache));
        var last = model.Logits(model.Forward(ModelInput.FromDocuments([document[7..8]], cache: cache)));
        var whole = model.Logits(model.Forward(ModelInput.FromDocuments([document[..8]])));
        golden.AssertEqual("logits", whole.narrow(0, 7, 1), last);
    }
}
