using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Cli.Commands.Client;

/// <summary>
/// Takes the instances of a C-GET into a folder as a file-set with a DICOMDIR, under names that tell nothing of patients.
/// </summary>
internal sealed class ReceivedFileSet(string folder) : IDimseHandler
{
    private readonly DicomDirectoryBuilder _directory = new();
    private int _arriving;

    /// <summary>How many instances are in the folder.</summary>
    public int Count => _directory.Count;

    public ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        var number = Interlocked.Increment(ref _arriving);
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $".arriving-{number}"));
        return new(new ArrivingFile(this, path, request, context.TransferSyntax));
    }

    /// <summary>Writes the DICOMDIR, when everything has come.</summary>
    public async Task WriteDirectoryAsync(CancellationToken cancel)
    {
        // PS3.5 B.2: a random number of 128 bits below 2.25.
        var random = new BigInteger(RandomNumberGenerator.GetBytes(16), isUnsigned: true);
        var uid = SopInstanceUid.Parse("2.25." + random.ToString(CultureInfo.InvariantCulture));
        await File.WriteAllBytesAsync(Path.Combine(folder, "DICOMDIR"), _directory.ToBytes(uid).ToArray(), cancel);
    }

    private string PathFor(DataSet header, TransferSyntax syntax)
    {
        lock (_directory)
        {
            return _directory.Add(header, syntax).PathBelow(folder);
        }
    }

    private sealed class ArrivingFile : IIncomingInstance, IAsyncDisposable
    {
        private readonly ReceivedFileSet _files;
        private readonly string _path;
        private readonly TransferSyntax _syntax;
        private readonly InstanceReader _reader;
        private readonly FileStream _file;

        public ArrivingFile(ReceivedFileSet files, string path, CStoreRequest request, TransferSyntax syntax)
        {
            (_files, _path, _syntax) = (files, path, syntax);
            _reader = new InstanceReader(syntax);
            _file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Options = FileOptions.Asynchronous,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
            var start = new DicomFile(
                FileMetaInformation.Create(request.SopClass, request.SopInstance, syntax),
                new DataSet()
            );
            _file.Write(start.ToBytes().Span);
        }

        public async ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
        {
            foreach (var piece in fragment)
            {
                _reader.Feed(piece.Span);
                await _file.WriteAsync(piece, cancellationToken);
            }
        }

        public async ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
        {
            try
            {
                _reader.Complete();
                await _file.DisposeAsync();
                var path = _files.PathFor(_reader.Header!, _syntax);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Move(_path, path);
                return DimseStatus.Success;
            }
            catch (Exception failure) when (failure is DicomFormatException or ArgumentException)
            {
                await AbandonAsync();
                return DimseStatus.CannotUnderstand;
            }
            finally
            {
                _reader.Dispose();
            }
        }

        public async ValueTask AbandonAsync()
        {
            await DisposeAsync();
            File.Delete(_path);
        }

        public ValueTask DisposeAsync()
        {
            _reader.Dispose();
            return _file.DisposeAsync();
        }
    }
}
