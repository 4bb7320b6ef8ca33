using System.Text.Json;
using Caravan.Text.Jinja;

namespace Caravan.Text.Tests.Jinja;

public sealed class JinjaTemplateTests
{
    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllText(Repository.Golden("text", "templates.json"))).RootElement;

    private static readonly Dictionary<string, object?> Variables = Golden.GetProperty("variables").EnumerateObject()
        .ToDictionary(property => property.Name, property => (object?)property.Value);

    public static TheoryData<int> Cases => new(Enumerable.Range(0, Golden.GetProperty("cases").GetArrayLength()));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Render_TemplateOfEachConstruct_GivesJinja2sText(int index)
    {
        var example = Golden.GetProperty("cases")[index];

        var rendered = JinjaTemplate.Parse(example.GetProperty("template").GetString()!).Render(Variables);

        Assert.Equal(example.GetProperty("text").GetString(), rendered.Text);
    }

    [Fact]
    public void Cases_ThatHuggingFacesJinjaRendersAlike_AreAtLeast25() => Assert.True(
        25 <= Golden.GetProperty("cases").EnumerateArray().Count(c => c.GetProperty("huggingface").GetBoolean()));

    [Fact]
    public void Render_GenerationBlocks_AreTheLossSpans()
    {
        var rendered =
            Render("{% for m in messages %}[{% generation %}{{ m.content }}{% endgeneration %}]{% endfor %}");

        Assert.Equal(
            [" Be brief. ", "Hi \"there\"\n<b>", "Hello", "caf\u00e9 \u4f60\u597d"],
            rendered.LossSpans.Select(span => rendered.Text[span.Start..span.End]));
    }

    [Fact]
    public void Render_StrftimeNow_ReadsTheClockItIsGiven()
    {
        var clock = new FixedTime(new DateTimeOffset(2024, 7, 4, 9, 5, 0, TimeSpan.Zero));

        var text =
            JinjaTemplate.Parse("{{ strftime_now('%d %b %Y, %A, %H:%M %j %-d') }}").Render(Variables, clock).Text;

        Assert.Equal("04 Jul 2024, Thursday, 09:05 186 4", text);
    }

    [Theory]
    [InlineData("{{ raise_exception('only users') }}", "only users")]
    [InlineData("{% for x in y", "not closed")]
    [InlineData("a\nb\n{% if x %}", "endif")]
    [InlineData("a\n{{ 1 + }}", "line 2")]
    [InlineData("{{ x.y }}", "\"x\" is undefined")]
    [InlineData("{% include 'other' %}", "include")]
    [InlineData("{{ 'a' | shuffle }}", "shuffle")]
    [InlineData("{{ 1 is wonderful }}", "wonderful")]
    [InlineData("{{ 1 / 0 }}", "division by zero")]
    [InlineData("{{ messages() }}", "cannot be called")]
    [InlineData("{% set messages.x = 1 %}", "namespace")]
    public void Render_WrongTemplate_SaysWhat(string template, string expected)
    {
        var error = Assert.Throws<JinjaException>(() => Render(template));

        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")]
    [InlineData("{{ 'x' * 999999999 }}")]
    [InlineData("{{ range(999999999) }}")]
    [InlineData(
        "{% set ns = namespace(t='xxxxxxxxxx') %}{% for i in range(60) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}")]
    [InlineData("{% set ns = namespace(t=[1]) %}{% for i in range(60) %}{% set ns.t = ns.t + ns.t %}{% endfor %}")]
    [InlineData("{% set ns = namespace(t='x') %}{% for i in range(60) %}{% set ns.t = ns.t.replace('x', 'xxxxxxxx') %}{% endfor %}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}")]
    [InlineData("{{ 9 ** 9 ** 9 }}")]
    [InlineData(
        "{{ 'x'.join(range(99999)) | indent(200, true) | replace('x', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
        + "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
        + "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy') }}")]
    public void Render_TemplateBomb_EndsWithAnError(string template) =>
        Assert.Throws<JinjaException>(() => Render(template));

    [Fact]
    public void Parse_DeepNesting_EndsWithAnError()
    {
        Assert.Throws<JinjaException>(() => JinjaTemplate.Parse($"{{{{ {new string('(', 100_000)} }}}}"));
        Assert.Throws<JinjaException>(() => JinjaTemplate.Parse($"{{{{ {new string('-', 100_000)}1 }}}}"));
        Assert.Throws<JinjaException>(
            () => JinjaTemplate.Parse(string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000))));
    }

    [Fact]
    public void Parse_RandomDamage_NeverFailsOtherwise()
    {
        var random = new Random(5);
        var sources = Golden.GetProperty("cases").EnumerateArray().Select(c =>
            c.GetProperty("template").GetString()!).ToArray();
        for (var round = 0; round < 3000; round++)
        {
            var source = sources[random.Next(sources.Length)].ToCharArray();
            for (var i = 0; i < 3; i++)
                source[random.Next(source.Length)] = "{}%#-'\"()[]|.,~x1 \n"[random.Next(19)];
            try
            {
                Render(new string(source));
            }
            catch (JinjaException)
            {
                // What a damaged template should end with, if it does not happen to be a whole one.
            }
        }
    }

    private static RenderedChat Render(string template) => JinjaTemplate.Parse(template).Render(Variables);

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }
}
