namespace Caravan.Data.Parquet;

/// <summary>
/// A field of the schema with its levels (Dremel): <see cref="Definition"/> is how many of the optional and repeated
/// fields down to it are there when it is, <see cref="RepetitionLevel"/> how many repeated ones.
/// </summary>
internal sealed class SchemaNode(SchemaElement element, SchemaNode? parent)
{
    private const int DeepestNesting = 32;
    private const int ConvertedList = 3;
    private const int ConvertedDecimal = 5;

    public string Name => element.Name;

    public PhysicalType? Type => Children.Count == 0 ? element.Type : null;

    public int TypeLength => element.TypeLength;

    public int Scale => element.Scale;

    public bool IsDecimal => element.ConvertedType == ConvertedDecimal;

    public Repetition Repetition => element.Repetition;

    public List<SchemaNode> Children { get; } = [];

    public int Definition { get; } = (parent?.Definition ?? 0) +
        (parent is null || element.Repetition == Repetition.Required ? 0 : 1);

    public int RepetitionLevel { get; } = (parent?.RepetitionLevel ?? 0) +
        (parent is null || element.Repetition != Repetition.Repeated ? 0 : 1);

    /// <summary>The column's number, for fields without children.</summary>
    public int Column { get; private set; }

    /// <summary>The first column below this field, whose levels stand for the field's own.</summary>
    public int FirstColumn => Children.Count == 0 ? Column : Children[0].FirstColumn;

    /// <summary>
    /// If this group is a list, the repeated field in it. Both layouts are known: with a group of one field around each
    /// element, whatever its name, and without.
    /// </summary>
    public SchemaNode? Repeated =>
        element.ConvertedType == ConvertedList && Children is [{ Repetition: Repetition.Repeated }]
        ? Children[0]
        : null;

    /// <summary>True if, in a list, this repeated group only wraps the element, which is its one field.</summary>
    public bool WrapsElement =>
        Children.Count == 1 && Name != "array" && !Name.EndsWith("_tuple", StringComparison.Ordinal);

    public IEnumerable<SchemaNode> Leaves() =>
        Children.Count == 0 ? [this] : Children.SelectMany(child => child.Leaves());

    /// <summary>Builds the tree from its depth-first listing.</summary>
    public static SchemaNode Build(IReadOnlyList<SchemaElement> elements)
    {
        if (elements.Count == 0)
            throw new InvalidDataException("the schema is empty");
        var position = 0;
        var column = 0;
        var root = Build(elements, ref position, ref column, null, 0);
        if (position != elements.Count)
            throw new InvalidDataException("the schema has fields outside of its root");
        return root.Children.Count > 0 ? root : throw new InvalidDataException("the schema has no columns");
    }

    private static SchemaNode Build(
        IReadOnlyList<SchemaElement> elements, ref int position, ref int column, SchemaNode? parent, int depth)
    {
        if (position >= elements.Count || depth > DeepestNesting)
            throw new InvalidDataException("the schema's tree is damaged");
        var element = elements[position++];
        var node = new SchemaNode(element, parent);
        for (var i = 0; i < element.Children; i++)
            node.Children.Add(Build(elements, ref position, ref column, node, depth + 1));
        if (node.Children.Count > 0 || parent is null)
            return node;
        if (element.Type is null)
            throw new InvalidDataException($"the schema's field \"{element.Name}\" has neither a type nor fields");
        if (element.Type == PhysicalType.FixedLengthByteArray && element.TypeLength is < 0 or > 1 << 20)
            throw new InvalidDataException($"the schema's field \"{element.Name}\" has an impossible length");
        node.Column = column++;
        return node;
    }
}
