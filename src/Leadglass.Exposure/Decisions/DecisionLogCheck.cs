using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Exposure;

/// <summary>What looking at a decision log showed.</summary>
/// <param name="IsIntact">Whether every line is as it was written, and the head as expected.</param>
/// <param name="Lines">How many lines hold.</param>
/// <param name="Head">The chain value of the last line that holds.</param>
/// <param name="IsClosed">Whether the last line says that the log was closed; an audit that was killed leaves it open.</param>
/// <param name="Problem">What is wrong, one sentence; null when nothing is.</param>
public sealed record DecisionLogCheck(bool IsIntact, long Lines, string Head, bool IsClosed, string? Problem)
{
    private const int ChainTextBytes = 64;
    private const int BufferBytes = 64 * 1024;

    /// <summary>Length of the lines that hold.</summary>
    internal long Bytes { get; private init; }

    /// <summary>Bytes of a last line that was cut by a crash.</summary>
    internal long TornBytes { get; private init; }

    internal static async Task<DecisionLogCheck> OfAsync(string path, string? head, CancellationToken cancel)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return await OfAsync(file, head, cancel);
    }

    internal static async Task<DecisionLogCheck> OfAsync(Stream file, string? head, CancellationToken cancel)
    {
        var state = new Reading(head);
        var buffer = new byte[BufferBytes];
        var kept = 0;
        while (true)
        {
            var read = await file.ReadAsync(buffer.AsMemory(kept), cancel);
            var filled = kept + read;
            var used = state.Take(buffer.AsSpan(0, filled));
            kept = filled - used;
            if (state.Problem is not null || read == 0)
            {
                return state.End(kept);
            }

            buffer.AsSpan(used, kept).CopyTo(buffer);
        }
    }

    private sealed class Reading(string? head)
    {
        private readonly byte[] _chain = new byte[32];
        private long _lines;
        private long _bytes;
        private bool _isClosed;
        private bool _hasHead = head is null;

        public string? Problem { get; private set; }

        /// <summary>Looks at whole lines; answers how many bytes they are.</summary>
        public int Take(ReadOnlySpan<byte> bytes)
        {
            var used = 0;
            while (Problem is null && bytes[used..].IndexOf((byte)'\n') is var end and >= 0)
            {
                if (!Holds(bytes.Slice(used, end)))
                {
                    Problem = $"line {_lines + 1} was changed, moved, put in or follows on one that was taken out";
                    return used;
                }

                used += end + 1;
                _bytes += end + 1;
            }

            if (bytes.Length - used > DecisionLog.LineBytesMax)
            {
                Problem = $"line {_lines + 1} is longer than any line of a decision log";
            }

            return used;
        }

        public DecisionLogCheck End(int torn)
        {
            var last = Convert.ToHexStringLower(_chain);
            if (Problem is null && !_hasHead)
            {
                Problem = "the chain value that was kept is not in the log; it was cut or written anew";
            }

            return new DecisionLogCheck(Problem is null, _lines, last, _isClosed && torn == 0, Problem)
            {
                Bytes = _bytes,
                TornBytes = Problem is null ? torn : 0,
            };
        }

        private bool Holds(ReadOnlySpan<byte> line)
        {
            var chainAt = line.Length - ChainTextBytes - "\"}"u8.Length;
            var mark = ",\"chain\":\""u8;
            if (
                line.Length > DecisionLog.LineBytesMax
                || chainAt < mark.Length
                || !line[(chainAt - mark.Length)..chainAt].SequenceEqual(mark)
                || !line[^2..].SequenceEqual("\"}"u8)
            )
            {
                return false;
            }

            var body = line[..(chainAt - mark.Length)];
            Span<byte> next = stackalloc byte[32];
            using (var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
            {
                digest.AppendData(_chain);
                digest.AppendData(body);
                digest.GetHashAndReset(next);
            }

            var value = Convert.ToHexStringLower(next);
            if (
                !body.StartsWith(Encoding.ASCII.GetBytes($"{{\"sequence\":{_lines + 1},"))
                || !line.Slice(chainAt, ChainTextBytes).SequenceEqual(Encoding.ASCII.GetBytes(value))
            )
            {
                return false;
            }

            _hasHead |= string.Equals(value, head, StringComparison.OrdinalIgnoreCase);

            next.CopyTo(_chain);
            _lines++;
            _isClosed = body.IndexOf("\"event\":\"log-closed\""u8) >= 0;
            return true;
        }
    }
}
