using System.Text.RegularExpressions;
using Caravan.Text;

namespace Caravan.Samples.Tests;

/// <summary>
/// Answers a prompt from its text alone, without a look at how the generator made it. Each kind is read with regular
/// expressions and worked out in the most literal way.
/// </summary>
internal static class AnswerChecker
{
    public static string Answer(string kind, IReadOnlyList<ChatMessage> prompt)
    {
        var text = prompt[^1].Content;
        return kind switch
        {
            "arithmetic" => Arithmetic(text),
            "comparing" => Comparing(text),
            "sorting" => Sorting(text),
            "counting" => Counting(text),
            "spelling" => Spelling(text),
            "copying" => Copying(text),
            "choosing" => Choosing(text),
            "yes-no" => YesNo(text),
            "formatting" => Formatting(text),
            "follow-ups" => FollowUp(prompt),
            _ => throw new ArgumentException($"no checker for {kind}"),
        };
    }

    private static string Arithmetic(string text)
    {
        var (a, b) = (Numbers(text)[0], Numbers(text)[1]);
        if (Has(text, @"\+|plus|Add|sum"))
            return $"{a + b}";
        return Has(text, "away from|Subtract") ? $"{b - a}" : $"{a - b}";
    }

    private static string Comparing(string text)
    {
        var numbers = Numbers(text);
        if (text.Contains('<'))
            return $"{numbers[0]} {(numbers[0] > numbers[1] ? '>' : '<')} {numbers[1]}";
        return Has(text, "larg|big|great") ? $"{numbers.Max()}" : $"{numbers.Min()}";
    }

    private static string Sorting(string text)
    {
        var numbers = Numbers(text);
        numbers.Sort();
        if (Has(text, "largest to|descending|high to"))
            numbers.Reverse();
        return string.Join(", ", numbers);
    }

    private static string Counting(string text)
    {
        var wanted = Regex.Match(text, @"does (\w+) occur|do you see (\w+) here|Count the word (\w+):");
        if (!wanted.Success)
            return $"{List(text).Length}";
        var word = string.Concat(wanted.Groups.Values.Skip(1).Select(group => group.Value));
        return $"{Regex.Count(text, $@"\b{word}\b") - 1}";
    }

    private static string Spelling(string text)
    {
        var word = Regex.Match(text, "\"(.+)\"").Groups[1].Value;
        if (Has(text, "capital"))
            return Regex.Replace(word.ToUpperInvariant(), "(.)(?=.)", "$1 ");
        var letters = Regex.Replace(word, "(.)(?=.)", "$1 ");
        return Has(text, "letters") ? $"{letters}: {word.Length}" : letters;
    }

    private static string Copying(string text)
    {
        if (Has(text, "^(Replace|Repeat, but|Change)"))
        {
            var words = Regex.Match(text, @"^Replace (\w+) with (\w+): (.*)|^Change (\w+) to (\w+)\. (.*)")
                .Groups.Values.Skip(1).Where(group => group.Success).Select(group => group.Value).ToArray();
            if (words.Length == 0)
            {
                var match = Regex.Match(text, @"write (\w+) for (\w+): (.*)");
                words = [match.Groups[2].Value, match.Groups[1].Value, match.Groups[3].Value];
            }
            return Regex.Replace(words[2], $@"\b{words[0]}\b", words[1]);
        }
        var list = List(text).ToList();
        if (Regex.Match(text, @"(?:without|Leave out|Remove) (\w+)") is { Success: true } gone)
            list.Remove(gone.Groups[1].Value);
        else if (Regex.Match(text, @"Add (\w+) at the (end|start)|end it with(?<last> )(\w+)|begin with (\w+)") is
            { Success: true } added)
        {
            var word = added.Groups.Values.Single(g => g.Success && Words.Nouns.Contains(g.Value)).Value;
            list.Insert(Has(text, "at the end|end it") ? list.Count : 0, word);
        }
        else if (Has(text, "Reverse|backwards|around"))
            list.Reverse();
        else if (Has(text, "twice|Double"))
            list = [.. list.SelectMany(word => Enumerable.Repeat(word, 2))];
        return $"The list is {string.Join(", ", list)}.";
    }

    private static string Choosing(string text)
    {
        var list = List(text);
        var wanted = Words.Groups.Single(group => Has(text, $@"\b{group.Name}\b")).Name;
        return $"It is {list.Single(word => GroupOf(word) == wanted)}.";
    }

    private static string GroupOf(string word) => Words.Groups.Single(group => group.Members.Contains(word)).Name;

    private static string YesNo(string text)
    {
        var states = Regex.Match(text, @"^The \w+ is (\w+)\. .*\b(\w+)[.?]$").Groups;
        return states[1].Value == states[2].Value ? "Yes" : "No";
    }

    private static string Formatting(string text)
    {
        if (Has(text, "JSON"))
        {
            var words = Regex.Matches(text, @"[A-Z][a-z]+|\d+").Select(match => match.Value)
                .Where(word => Words.Names.Contains(word) || Words.Cities.Contains(word) || char.IsDigit(word[0]))
                .ToArray();
            return char.IsDigit(words[1][0])
                ? $"{{\"name\": \"{words[0]}\", \"age\": {words[1]}}}"
                : $"{{\"name\": \"{words[0]}\", \"city\": \"{words[1]}\"}}";
        }
        if (Has(text, "bullet"))
            return "- " + string.Join("\n- ", List(text));
        return string.Join('\n', List(text).Select((word, i) => $"{i + 1}. {word}"));
    }

    private static string FollowUp(IReadOnlyList<ChatMessage> prompt)
    {
        var (opening, said, question) = (prompt[0].Content, prompt[1].Content, prompt[2].Content);
        var person = Regex.Match(
            opening, @"^(?:I am|My name is) (\w+)(?: from|, I live in) (\w+) and I (?:have|own) (an? \w+)\.").Groups;
        if (person[0].Success)
        {
            if (Has(question, "name|Who"))
                return $"You are {person[1].Value}.";
            return Has(question, "live|city") ? $"You live in {person[2].Value}."
                : $"You have {person[3].Value}.";
        }
        var numbers = Numbers(opening);
        if (numbers.Count == 0)
        {
            var list = List(said).ToList();
            var word = Regex.Match(question, @"^(?:Add|Put|And now|Remove|Take|Now without) (\w+)").Groups[1].Value;
            if (Has(question, "^(Add|Put|And)"))
                list.Add(word);
            else
                list.Remove(word);
            return $"The list is {string.Join(", ", list)}.";
        }
        if (Has(opening, "Sort"))
            return string.Join(", ", numbers.OrderDescending());
        var change = Numbers(question)[0];
        return $"{numbers.Sum() + (Has(question, "away|minus|subtract") ? -change : change)}";
    }

    private static bool Has(string text, string pattern) => Regex.IsMatch(text, pattern);

    public static List<int> Numbers(string text) =>
        [.. Regex.Matches(text, @"\d+").Select(match => int.Parse(match.Value))];

    /// <summary>
    /// What follows the colon; without one, the longest run of words with commas between them, or the last word.
    /// </summary>
    private static string[] List(string text)
    {
        text = text[(text.IndexOf(':') + 1)..];
        var lists = Regex.Matches(text, @"\w+(?:, \w+)+").Select(match => match.Value);
        var list = lists.MaxBy(found => found.Length) ?? Regex.Match(text, @"(\w+)[.?]?$").Groups[1].Value;
        return list.Split(", ");
    }
}
