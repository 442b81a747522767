using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Workers;

/// <summary>
/// The system calls that a worker may make, as a program of the kernel's packet filter (seccomp(2)), for x86-64: what the
/// runtime needs to compute, to collect garbage and to read and write what is open. Everything else is refused.
/// </summary>
internal static class SystemCallFilter
{
    private const uint ArchitectureX64 = 0xC000003E;
    private const uint Allow = 0x7FFF0000;
    private const uint RefuseWith = 0x00050000;
    private const uint NotPermitted = 1;
    private const uint NotImplemented = 38;

    // Offsets in seccomp_data.
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint FirstArgumentOffset = 16;

    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfSet = 0x45;
    private const ushort Return = 0x06;

    private const uint NumbersOfX32 = 0x40000000;
    private const uint Clone = 56;
    private const uint Clone3 = 435;
    private const uint SignalThread = 234;
    private const uint ProcessControl = 157;
    private const uint LimitProcess = 302;

    // CLONE_THREAD: a thread of this process, not another process.
    private const uint ThreadFlag = 0x00010000;
    private const uint SetName = 15;

    /// <summary>Allowed whatever the arguments.</summary>
    private static ReadOnlySpan<uint> Free =>
        [
            0, // read
            1, // write
            3, // close
            5, // fstat
            7, // poll
            8, // lseek
            9, // mmap
            10, // mprotect
            11, // munmap
            12, // brk
            13, // rt_sigaction
            14, // rt_sigprocmask
            15, // rt_sigreturn
            24, // sched_yield
            25, // mremap
            28, // madvise
            35, // nanosleep
            39, // getpid
            60, // exit
            96, // gettimeofday
            97, // getrlimit
            98, // getrusage
            99, // sysinfo
            131, // sigaltstack
            143, // sched_getparam
            144, // sched_setscheduler
            145, // sched_getscheduler
            146, // sched_get_priority_max
            147, // sched_get_priority_min
            149, // mlock
            150, // munlock
            160, // setrlimit
            186, // gettid
            202, // futex
            203, // sched_setaffinity
            204, // sched_getaffinity
            218, // set_tid_address
            228, // clock_gettime
            229, // clock_getres
            230, // clock_nanosleep
            231, // exit_group
            271, // ppoll
            273, // set_robust_list
            293, // pipe2: each thread of the runtime has one for itself
            309, // getcpu
            318, // getrandom
            324, // membarrier
            334, // rseq
        ];

    /// <summary>One instruction (struct sock_filter).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    /// <summary>The program for a process.</summary>
    public static Instruction[] Build(int processId)
    {
        List<Instruction> program =
        [
            new(LoadWord, 0, 0, ArchitectureOffset),
            new(JumpIfEqual, 1, 0, ArchitectureX64),
            new(Return, 0, 0, RefuseWith | NotPermitted),
            new(LoadWord, 0, 0, NumberOffset),
            new(JumpIfAtLeast, 0, 1, NumbersOfX32),
            new(Return, 0, 0, RefuseWith | NotPermitted),
            // The C library falls back to clone, whose flags can be seen.
            new(JumpIfEqual, 0, 1, Clone3),
            new(Return, 0, 0, RefuseWith | NotImplemented),
        ];
        foreach (var number in Free)
        {
            program.Add(new(JumpIfEqual, 0, 1, number));
            program.Add(new(Return, 0, 0, Allow));
        }

        AllowIf(program, Clone, JumpIfSet, ThreadFlag);
        AllowIf(program, SignalThread, JumpIfEqual, (uint)processId);
        AllowIf(program, ProcessControl, JumpIfEqual, SetName);
        AllowIf(program, LimitProcess, JumpIfEqual, 0);
        program.Add(new(Return, 0, 0, RefuseWith | NotPermitted));
        return [.. program];
    }

    // Where the number is not this one, four instructions are stepped over; else the first argument decides.
    private static void AllowIf(List<Instruction> program, uint number, ushort test, uint value)
    {
        program.Add(new(JumpIfEqual, 0, 4, number));
        program.Add(new(LoadWord, 0, 0, FirstArgumentOffset));
        program.Add(new(test, 0, 1, value));
        program.Add(new(Return, 0, 0, Allow));
        program.Add(new(Return, 0, 0, RefuseWith | NotPermitted));
    }
}
