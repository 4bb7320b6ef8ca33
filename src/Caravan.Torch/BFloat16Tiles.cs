using System.Runtime.InteropServices;
using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>
/// Products of bf16 matrices in the processor's tile registers (AMX): what <c>native/bf16_products.cpp</c> offers. The
/// matrices are first packed into panels of 32 rows or columns, then blocks of the result are computed, each by any
/// thread. Panels are aligned to 64 bytes.
/// </summary>
public static unsafe partial class BFloat16Tiles
{
    /// <summary>Rows of a left panel, columns of a right one.</summary>
    public const int PanelWidth = 32;

    /// <summary>Terms of the sum that are taken at once; a panel's depth is rounded up to it.</summary>
    public const int Depth = 32;

    /// <summary>The greatest block of a result.</summary>
    public const int MostRows = 256, MostColumns = 512;

    /// <summary>Whether this processor has such registers and the system lets the process use them.</summary>
    public static bool Available { get; } = NativeMethods.cv_bf16_tiles() != 0;

    /// <summary>Elements of a panel of the given depth.</summary>
    public static nint PanelElements(int depth) => (nint)((depth + Depth - 1) & -Depth) * PanelWidth;

    /// <summary>Packs one panel.</summary>
    /// <param name="stride">Elements from row to row of the memory.</param>
    /// <param name="alongDepth">Whether terms of one sum are neighbours in memory; else rows or columns of the panel
    /// are.</param>
    /// <param name="width">Rows or columns that are there, at most <see cref="PanelWidth"/>; the rest is zeros.</param>
    /// <param name="isRight">Whether it is a panel of the right matrix.</param>
    public static void Pack(
        ushort* source, long stride, bool alongDepth, int width, int depth, bool isRight, ushort* panel) =>
        NativeMethods.cv_bf16_pack(source, stride, alongDepth ? 1 : 0, width, depth, isRight ? 1 : 0, panel);

    /// <summary>Computes one block of a result.</summary>
    public static void Multiply(in Block block)
    {
        fixed (Block* pointer = &block)
            NativeMethods.cv_bf16_multiply(pointer);
    }

    /// <summary>What is computed of a product with a triangular matrix, in units of 32 rows, columns and terms of the
    /// sums; what is left out is not read. Sums have at most 2048 terms then.</summary>
    public enum Part
    {
        Whole = 0,

        /// <summary>Units of the result whose row is at most their column; the others stay as they are.</summary>
        UpperTriangle = 1,

        /// <summary>Terms of the sums up to the column: the right matrix is an upper triangle.</summary>
        UpToColumn = 2,

        /// <summary>Terms of the sums from the row on: the left matrix is an upper triangle.</summary>
        FromRow = 3,
    }

    /// <summary>One block of a result, at most <see cref="MostRows"/> by <see cref="MostColumns"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Block
    {
        /// <summary>Panels, or rows of the matrix itself, a multiple of 32 of them.</summary>
        public ushort* Left;

        /// <summary>Bytes from row to row of the matrix itself; 0 for panels.</summary>
        public long LeftRow;

        /// <summary>Elements from panel to panel.</summary>
        public long LeftPanel;

        /// <summary>Panels.</summary>
        public ushort* Right;

        /// <summary>Elements from panel to panel.</summary>
        public long RightPanel;

        /// <summary>The block's first element; fp32 or bf16, row-major.</summary>
        public void* Result;

        /// <summary>Elements from row to row.</summary>
        public long ResultRow;

        /// <summary>bf16, added to each row; null for none.</summary>
        public ushort* Bias;

        public int Rows, Columns;

        /// <summary>Terms of the sums in units of <see cref="Depth"/>, rounded up.</summary>
        public int Steps;

        private int _isFloat, _accumulate;

        /// <summary>What is computed of it.</summary>
        public Part Part;

        /// <summary>Whether the result is fp32, else bf16.</summary>
        public bool IsFloat
        {
            readonly get => _isFloat != 0;
            set => _isFloat = value ? 1 : 0;
        }

        /// <summary>Add to the result, which must be fp32, instead of replacing it.</summary>
        public bool Accumulate
        {
            readonly get => _accumulate != 0;
            set => _accumulate = value ? 1 : 0;
        }
    }
}
