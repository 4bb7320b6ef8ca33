using Caravan.Kernels.Threads;
using Caravan.Torch;

namespace Caravan.Kernels.Products;

/// <summary>
/// Products of bf16 matrices in the processor's tile registers, with fp32 sums: faster than those of libtorch 1.13, and
/// into fp32 results that are added up in place. Blocks are cut by the matrices' sizes, so that results are the same
/// bits for every number of threads.
/// </summary>
internal static unsafe class TileProduct
{
    private const int Panel = BFloat16Tiles.PanelWidth;

    // Bytes of right panels that stay in a core's second cache while rows pass by.
    private const int BytesOfBlock = 512 << 10;

    // Blocks to aim at, so that the threads end together.
    private const int FewestBlocks = 16;

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
        var plan = new Plan(left, right);
        var memory = (ushort*)Scratch.Open(plan.PackedElements / 2).Take(plan.PackedElements / 2);
        plan.Pack(memory);
        plan.Multiply(memory, new BFloat16Tiles.Block
        {
            LeftPanel = plan.PanelElements,
            RightPanel = plan.PanelElements,
            Result = result.DataPointer,
            ResultRow = right.Width,
            Bias = bias is null ? null : (ushort*)bias.DataPointer,
            Steps = plan.Steps,
            IsFloat = result.Dtype == Dtype.Float32,
            Accumulate = accumulate,
        });
    }

    private sealed class Plan
    {
        private readonly Matrix _left, _right;
        private readonly int _depth, _rightPanels, _leftPanels, _direct, _blockRows, _blockColumns;
        private readonly nint _panel;

        internal Plan(Matrix left, Matrix right)
        {
            (_left, _right, _depth) = (left, right, left.Width);
            _panel = BFloat16Tiles.PanelElements(_depth);
            Steps = (int)(_panel / Panel / BFloat16Tiles.Depth);
            _rightPanels = Panels(right.Width);
            // Rows that are taken from the matrix as it stands; those behind them are packed.
            _direct = !left.IsTransposed && _depth % BFloat16Tiles.Depth == 0 ? left.Height & -Panel : 0;
            _leftPanels = Panels(left.Height - _direct);
            var depth = Math.Min(_depth, 2048);
            _blockColumns = Math.Clamp(BytesOfBlock / (2 * depth) & -Panel, Panel, BFloat16Tiles.MostColumns);
            _blockRows = BFloat16Tiles.MostRows;
            var columns = Blocks(right.Width, _blockColumns);
            while (_blockRows > Panel && Blocks(left.Height, _blockRows) * columns < FewestBlocks)
                _blockRows /= 2;
        }

        internal int Steps { get; }

        internal nint PanelElements => _panel;

        internal nint PackedElements => (_rightPanels + _leftPanels) * _panel;

        // The right matrix first, then what is packed of the left one.
        internal void Pack(ushort* memory)
        {
            ThreadTeam.Run(_rightPanels + _leftPanels, PackedElements, item =>
            {
                var isRight = item < _rightPanels;
                var matrix = isRight ? _right : _left;
                var first = isRight ? item * Panel : _direct + (item - _rightPanels) * Panel;
                var alongDepth = matrix.IsTransposed == isRight;
                BFloat16Tiles.Pack(
                    alongDepth ? matrix.At(first, 0) : matrix.At(0, first), matrix.Columns, alongDepth,
                    Math.Min(Panel, (isRight ? matrix.Width : matrix.Height) - first), _depth, isRight,
                    memory + item * _panel);
            });
        }

        internal void Multiply(ushort* memory, BFloat16Tiles.Block product)
        {
            var columns = Blocks(_right.Width, _blockColumns);
            var work = 2L * _left.Height * _right.Width * Steps;
            // All columns of the same rows one after the other: the rows are still in the cache.
            ThreadTeam.Run(Blocks(_left.Height, _blockRows) * columns, work, item =>
            {
                var (row, column) = (item / columns * _blockRows, item % columns * _blockColumns);
                var (end, block) = (Math.Min(_left.Height, row + _blockRows), product);
                var size = product.IsFloat ? sizeof(float) : sizeof(ushort);
                block.Right = memory + column / Panel * _panel;
                block.Columns = Math.Min(_blockColumns, _right.Width - column);
                block.Bias = product.Bias is null ? null : product.Bias + column;
                // Blocks of rows begin at whole panels, and so does what is packed.
                for (var first = row; first < end; first += block.Rows)
                {
                    block.Rows = first < _direct ? Math.Min(end, _direct) - first : end - first;
                    block.LeftRow = first < _direct ? sizeof(ushort) * (long)_depth : 0;
                    block.Left = first < _direct
                        ? _left.At(first, 0) : memory + (_rightPanels + (first - _direct) / Panel) * _panel;
                    block.Result = (byte*)product.Result + ((nint)first * product.ResultRow + column) * size;
                    BFloat16Tiles.Multiply(block);
                }
            });
        }

        private static int Panels(int count) => Blocks(count, Panel);

        private static int Blocks(int count, int size) => (count + size - 1) / size;
    }
}
