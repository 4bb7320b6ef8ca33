namespace Caravan.Text.Models;

/// <summary>A prefix tree over UTF-16 characters whose edges lie in one hash table.</summary>
internal sealed class PieceTrie
{
    public const int Root = 0;
    public const int None = -1;

    private const ulong Empty = ulong.MaxValue;

    private ulong[] _edges = new ulong[1024];
    private int[] _targets = new int[1024];
    private int[] _ids = new int[512];
    private int _nodes = 1;

    public PieceTrie()
    {
        Array.Fill(_edges, Empty);
        _ids[Root] = None;
    }

    public void Add(string piece, int id)
    {
        var node = Root;
        foreach (var c in piece)
        {
            var next = Next(node, c);
            node = next != None ? next : AddEdge(node, c);
        }
        _ids[node] = id;
    }

    /// <summary>The node behind an edge, or <see cref="None"/>.</summary>
    public int Next(int node, char c)
    {
        var edge = ((ulong)(uint)node << 16) | c;
        var slot = Locate(_edges, edge);
        return _edges[slot] == edge ? _targets[slot] : None;
    }

    /// <summary>The id of the piece that ends at a node, or <see cref="None"/>.</summary>
    public int IdAt(int node) => _ids[node];

    private int AddEdge(int node, char c)
    {
        if (_nodes * 2 >= _edges.Length)
            Grow();
        if (_nodes == _ids.Length)
            Array.Resize(ref _ids, _nodes * 2);
        var edge = ((ulong)(uint)node << 16) | c;
        var slot = Locate(_edges, edge);
        _edges[slot] = edge;
        _targets[slot] = _nodes;
        _ids[_nodes] = None;
        return _nodes++;
    }

    private void Grow()
    {
        var edges = new ulong[_edges.Length * 2];
        var targets = new int[edges.Length];
        Array.Fill(edges, Empty);
        for (var i = 0; i < _edges.Length; i++)
        {
            if (_edges[i] == Empty)
                continue;
            var slot = Locate(edges, _edges[i]);
            (edges[slot], targets[slot]) = (_edges[i], _targets[i]);
        }
        (_edges, _targets) = (edges, targets);
    }

    private static int Locate(ulong[] edges, ulong edge)
    {
        var hash = edge * 0x9E3779B97F4A7C15UL;
        var slot = (int)(hash >> 33) & (edges.Length - 1);
        while (edges[slot] != edge && edges[slot] != Empty)
            slot = (slot + 1) & (edges.Length - 1);
        return slot;
    }
}
