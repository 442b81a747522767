using Leadglass.Dicom.Imaging.Workers;

namespace Leadglass.Dicom.Imaging.Tests.Workers;

/// <summary>The filter's program, run by a machine of four instructions.</summary>
public sealed class SystemCallFilterTests
{
    private const int ProcessId = 4711;
    private const uint X64 = 0xC000003E;
    private const uint Allowed = 0x7FFF0000;

    [Theory]
    [InlineData("open", 2)]
    [InlineData("openat", 257)]
    [InlineData("openat2", 437)]
    [InlineData("open_by_handle_at", 304)]
    [InlineData("creat", 85)]
    [InlineData("unlink", 87)]
    [InlineData("rename", 82)]
    [InlineData("stat", 4)]
    [InlineData("readlink", 89)]
    [InlineData("socket", 41)]
    [InlineData("connect", 42)]
    [InlineData("accept", 43)]
    [InlineData("sendmsg", 46)]
    [InlineData("socketpair", 53)]
    [InlineData("fork", 57)]
    [InlineData("vfork", 58)]
    [InlineData("execve", 59)]
    [InlineData("execveat", 322)]
    [InlineData("kill", 62)]
    [InlineData("ptrace", 101)]
    [InlineData("process_vm_readv", 310)]
    [InlineData("process_vm_writev", 311)]
    [InlineData("pidfd_open", 434)]
    [InlineData("memfd_create", 319)]
    [InlineData("shmget", 29)]
    [InlineData("mount", 165)]
    [InlineData("bpf", 321)]
    [InlineData("io_uring_setup", 425)]
    [InlineData("seccomp", 317)]
    [InlineData("setuid", 105)]
    [InlineData("unshare", 272)]
    [InlineData("userfaultfd", 323)]
    public void What_reaches_out_is_refused(string name, uint number) =>
        Assert.True(Run(X64, number, 0) != Allowed, name);

    [Theory]
    [InlineData("read", 0)]
    [InlineData("write", 1)]
    [InlineData("mmap", 9)]
    [InlineData("munmap", 11)]
    [InlineData("futex", 202)]
    [InlineData("exit_group", 231)]
    public void What_computing_needs_is_allowed(string name, uint number) =>
        Assert.True(Run(X64, number, 0) == Allowed, name);

    [Fact]
    public void Other_architectures_and_numberings_are_refused()
    {
        Assert.NotEqual(Allowed, Run(0x40000003, 3, 0)); // i386: read
        Assert.NotEqual(Allowed, Run(X64, 0x40000000, 0)); // x32: read
    }

    [Fact]
    public void Threads_may_be_made_and_processes_may_not()
    {
        const uint thread = 0x00010000;
        Assert.Equal(Allowed, Run(X64, 56, 0x003D0F00 | thread));
        Assert.NotEqual(Allowed, Run(X64, 56, 17)); // SIGCHLD: fork
        Assert.NotEqual(Allowed, Run(X64, 435, 0));
    }

    [Fact]
    public void Signals_limits_and_names_are_for_itself()
    {
        Assert.Equal(Allowed, Run(X64, 234, ProcessId));
        Assert.NotEqual(Allowed, Run(X64, 234, 1));
        Assert.Equal(Allowed, Run(X64, 302, 0));
        Assert.NotEqual(Allowed, Run(X64, 302, 1));
        Assert.Equal(Allowed, Run(X64, 157, 15));
        Assert.NotEqual(Allowed, Run(X64, 157, 4));
    }

    private static uint Run(uint architecture, uint number, uint firstArgument)
    {
        var program = SystemCallFilter.Build(ProcessId);
        var loaded = 0u;
        for (var at = 0; ; at++)
        {
            var (code, ifTrue, ifFalse, value) = program[at];
            switch (code)
            {
                case 0x20:
                    loaded = value switch
                    {
                        0 => number,
                        4 => architecture,
                        16 => firstArgument,
                        _ => throw new InvalidOperationException($"offset {value}"),
                    };
                    break;
                case 0x15:
                    at += loaded == value ? ifTrue : ifFalse;
                    break;
                case 0x35:
                    at += loaded >= value ? ifTrue : ifFalse;
                    break;
                case 0x45:
                    at += (loaded & value) != 0 ? ifTrue : ifFalse;
                    break;
                case 0x06:
                    return value;
                default:
                    throw new InvalidOperationException($"instruction {code}");
            }
        }
    }
}
