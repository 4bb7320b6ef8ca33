using Caravan.Kernels.Threads;
using Caravan.Torch;

namespace Caravan.Kernels.Products;

/// <summary>
/// Products of bf16 matrices in the processor's tile registers, with fp32 sums: faster than those of libtorch 1.13, and
/// into fp32 results that are added up in place. How a sum is cut depends on its length alone, so that results are the
/// same bits for every number of threads.
/// </summary>
internal static unsafe class TileProduct
{
    private const int Panel = BFloat16Tiles.PanelWidth;

    // Bytes of right panels that stay in a core's second cache while rows pass by.
    private const int BytesOfBlock = 640 << 10;

    // Terms of a sum that are taken at once where it is long: as the native code cuts it.
    private const int LongDepth = 2048, DepthAtOnce = 1024;

    // Items to aim at for each thread, so that the threads end together.
    private const int ItemsOfThread = 8;

    // Fewer rows do not fill the tiles: libtorch's products of a matrix and a few vectors are bound by memory as well.
    private const int FewestRows = 16;

    /// <summary>Whether products of such tensors run here: bf16 on the CPU, with enough rows in the result.</summary>
    internal static bool Supports(Tensor left, Tensor right, long rows) =>
        KernelSelection.TilesEnabled && left.Dtype == Dtype.BFloat16 && KernelSelection.UsesSimd(left, right)
        && rows >= FewestRows && left.Count > 0 && right.Count > 0;

    /// <summary>result = left · right + bias.</summary>
    /// <param name="left">[m, k].</param>
    /// <param name="right">[k, n].</param>
    /// <param name="result">Contiguous [m, n], bf16 or fp32.</param>
    /// <param name="bias">bf16 [n].</param>
    /// <param name="accumulate">Add to what the result, fp32, holds.</param>
    internal static void Run(Matrix left, Matrix right, Tensor result, Tensor? bias = null, bool accumulate = false)
    {
        if (left.Width != right.Height || result.Count != (long)left.Height * right.Width)
            throw new ArgumentException($"{left} times {right} is not {result}");
        var panel = BFloat16Tiles.PanelElements(left.Width);
        new Plan(left, right, new BFloat16Tiles.Block
        {
            LeftPanel = panel,
            RightPanel = panel,
            Result = result.DataPointer,
            ResultRow = right.Width,
            Bias = bias is null ? null : (ushort*)bias.DataPointer,
            Steps = (int)(panel / Panel / BFloat16Tiles.Depth),
            IsFloat = result.Dtype == Dtype.Float32,
            Accumulate = accumulate,
        }).Run();
    }

    /// <summary>Bytes that hold packed panels of both matrices while all items of their product run.</summary>
    internal static long PackedBytes(Matrix left, Matrix right) =>
        new Plan(left, right, new BFloat16Tiles.Block()).PackedElements * sizeof(ushort);

    // How a product is cut into items. Where one side of the result is long, an item is a strip across it and packs its
    // part of the long matrix itself, which then is in the core's cache and never in memory; the other matrix is packed
    // beforehand. Else both are, and items are rectangles.
    private sealed class Plan
    {
        private readonly Matrix _left, _right;
        private readonly BFloat16Tiles.Block _product;
        private readonly int _depth, _direct, _blockColumns, _itemRows, _itemColumns;
        private readonly nint _panel;
        private readonly bool _packsLeft, _packsRight;

        internal Plan(Matrix left, Matrix right, BFloat16Tiles.Block product)
        {
            (_left, _right, _product) = (left, right, product);
            (_depth, _panel) = (left.Width, BFloat16Tiles.PanelElements(left.Width));
            // Rows that are taken from the matrix as it stands; those behind them are packed.
            _direct = !left.IsTransposed && _depth % BFloat16Tiles.Depth == 0 ? left.Height & -Panel : 0;
            var depth = _depth > LongDepth ? DepthAtOnce : _depth;
            _blockColumns = Math.Clamp(BytesOfBlock / (2 * depth) & -Panel, Panel, BFloat16Tiles.MostColumns);
            _blockColumns = Pad(Blocks(right.Width, Blocks(right.Width, _blockColumns)));
            (_itemRows, _itemColumns) = (BFloat16Tiles.MostRows, _blockColumns);
            var fewest = ItemsOfThread * Libtorch.Threads;
            var (rows, columns) = (Blocks(left.Height, _itemRows), Blocks(right.Width, _itemColumns));
            if (left.Height >= right.Width && rows >= fewest)
                (_itemColumns, _packsLeft) = (Pad(right.Width), true);
            else if (right.Width > left.Height && columns >= fewest)
                (_itemRows, _packsRight) = (Pad(left.Height), true);
            else
            {
                while (Blocks(left.Height, _itemRows) * Blocks(right.Width, _itemColumns) < fewest
                    && Math.Max(_itemRows, _itemColumns) > Panel)
                {
                    (_itemRows, _itemColumns) = Halve(_itemRows, _itemColumns);
                }
            }
        }

        internal nint PackedElements => (LeftPanels + RightPanels) * _panel;

        private int LeftPanels => _packsLeft ? 0 : Blocks(_left.Height - _direct, Panel);

        private int RightPanels => _packsRight ? 0 : Blocks(_right.Width, Panel);

        internal void Run()
        {
            var (lefts, rights, size) = (LeftPanels, RightPanels, PackedElements);
            var panels = (ushort*)Scratch.OpenShared(size / 2).Take(size / 2);
            ThreadTeam.Run(lefts + rights, size, i =>
            {
                if (i < lefts)
                    PackLeft(_direct + i * Panel, panels + i * _panel);
                else
                    PackRight((i - lefts) * Panel, panels + i * _panel);
            });
            var columns = Blocks(_right.Width, _itemColumns);
            var work = 2L * _left.Height * _right.Width * _product.Steps;
            ThreadTeam.Run(Blocks(_left.Height, _itemRows) * columns, work, item =>
                Multiply(item / columns * _itemRows, item % columns * _itemColumns, panels, panels + lefts * _panel));
        }

        // Rectangles near a square read the least for what they compute.
        private static (int Rows, int Columns) Halve(int rows, int columns) =>
            rows >= columns ? (Pad(rows / 2), columns) : (rows, Pad(columns / 2));

        // One item: all of its rows for a block of columns, then the next block.
        private void Multiply(int row, int column, ushort* left, ushort* right)
        {
            var bottom = Math.Min(_left.Height, row + _itemRows);
            var end = Math.Min(_right.Width, column + _itemColumns);
            var (firstPacked, firstColumn) = (_direct, 0);
            if (_packsLeft && bottom > _direct)
            {
                firstPacked = Math.Max(row, _direct);
                left = OpenPanels(bottom - firstPacked);
                for (var i = firstPacked; i < bottom; i += Panel)
                    PackLeft(i, left + (i - firstPacked) / Panel * _panel);
            }
            if (_packsRight)
            {
                firstColumn = column;
                right = OpenPanels(end - column);
                for (var i = column; i < end; i += Panel)
                    PackRight(i, right + (i - column) / Panel * _panel);
            }
            for (; column < end; column += _blockColumns)
            {
                var block = _product;
                block.Right = right + (column - firstColumn) / Panel * _panel;
                block.Columns = Math.Min(_blockColumns, end - column);
                block.Bias = _product.Bias is null ? null : _product.Bias + column;
                for (var first = row; first < bottom; first += block.Rows)
                {
                    var isDirect = first < _direct;
                    var last = isDirect ? Math.Min(bottom, _direct) : bottom;
                    block.Rows = Math.Min(BFloat16Tiles.MostRows, last - first);
                    block.LeftRow = isDirect ? sizeof(ushort) * (long)_depth : 0;
                    block.Left = isDirect ? _left.At(first, 0) : left + (first - firstPacked) / Panel * _panel;
                    block.Result = (byte*)_product.Result + ((nint)first * _product.ResultRow + column)
                        * (_product.IsFloat ? sizeof(float) : sizeof(ushort));
                    BFloat16Tiles.Multiply(block);
                }
            }
        }

        private ushort* OpenPanels(int width)
        {
            var floats = Blocks(width, Panel) * _panel / 2;
            return (ushort*)Scratch.Open(floats).Take(floats);
        }

        private void PackLeft(int row, ushort* panel) => BFloat16Tiles.Pack(
            _left.IsTransposed ? _left.At(0, row) : _left.At(row, 0), _left.Columns, !_left.IsTransposed,
            Math.Min(Panel, _left.Height - row), _depth, isRight: false, panel);

        private void PackRight(int column, ushort* panel) => BFloat16Tiles.Pack(
            _right.IsTransposed ? _right.At(column, 0) : _right.At(0, column), _right.Columns, _right.IsTransposed,
            Math.Min(Panel, _right.Width - column), _depth, isRight: true, panel);

        private static int Pad(int count) => (count + Panel - 1) & -Panel;

        private static int Blocks(int count, int size) => (count + size - 1) / size;
    }
}
