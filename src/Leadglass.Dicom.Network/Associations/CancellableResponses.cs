namespace Leadglass.Dicom.Network;

/// <summary>The responses to an operation; a cancelled token or leaving early sends C-CANCEL once.</summary>
internal sealed class CancellableResponses : IAsyncDisposable
{
    private readonly Association _association;
    private readonly Association.Invocation _invocation;
    private readonly CancellationTokenRegistration _registration;
    private Task _cancelling = Task.CompletedTask;
    private int _cancelled;
    private bool _done;

    public CancellableResponses(
        Association association,
        Association.Invocation invocation,
        CancellationToken cancellationToken
    )
    {
        _association = association;
        _invocation = invocation;
        _registration = cancellationToken.Register(Cancel);
    }

    public async ValueTask<DimseResponse> NextAsync()
    {
        var response = await _invocation.NextAsync(CancellationToken.None);
        _done = !response.Command.DimseStatus.IsPending;
        return response;
    }

    public async ValueTask DisposeAsync()
    {
        await _registration.DisposeAsync();
        try
        {
            if (!_done && _association.Upper.End is null)
            {
                Cancel();
                while (!_done)
                {
                    await NextAsync();
                }
            }

            await _cancelling;
        }
        catch (AssociationEndedException)
        {
            // Nothing is left to cancel.
        }

        await _invocation.DisposeAsync();
    }

    private void Cancel()
    {
        if (Interlocked.Exchange(ref _cancelled, 1) == 0)
        {
            _cancelling = _association.CancelAsync(_invocation.MessageId, _invocation.Context).AsTask();
        }
    }
}
