"""What runs inside the box, beside the student's code. The judge trusts nothing that it says.

The process reads frames from its standard input and writes frames to its standard output:

    cell    run some source text in the student's namespace; say whether it raised
    ask     fork a child as things stand now; in it, put questions to the student's functions

A question is answered in a child so that a crash, a hang or a poisoned namespace costs one
answer and not the rest of the submission. Before any student code runs, the frames get file
descriptors of their own and 0, 1 and 2 become the null device: what students print is dropped.

`attempt` is also what `check` calls in a notebook, so both venues treat an answer alike.
"""

import os
import re
import signal
import sys
import traceback

VALUE, RAISED, MEMORY = "value", "raised", "too much memory"


def attempt(probe, namespace, needs, question):
    """("value", what the probe returned), or (a failure's kind, a sentence about it)."""
    for name in needs:
        if not callable(namespace.get(name)):
            return RAISED, f"{name} is not defined"
    try:
        return VALUE, probe(namespace, **question)
    except MemoryError:
        return MEMORY, f"{needs[-1]} asked for more memory than there is"
    except NotImplementedError:
        return RAISED, f"{needs[-1]} is not written yet"
    except (Exception, SystemExit) as error:
        return RAISED, f"{needs[-1]} raised {describe(error, namespace)}"


def describe(error, namespace):
    """An exception in one line: its type, what it says, and where in the student's code."""
    try:
        says = " ".join(str(error).split())[:300]
    except Exception:
        says = ""
    line = next((f for f in reversed(list(_lines(error))) if f[0] is namespace), None)
    place = f" (line {line[1]})" if line else ""
    return f"{type(error).__name__}{': ' * bool(says)}{says}{place}"


def _lines(error):
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield frame.f_globals, line


def load(source, name):
    """The probe, from its source text alone."""
    import numpy as np

    scope = {"np": np}
    exec(compile(source, f"<{name}>", "exec"), scope)
    return scope[name]


def answer(fd, probe, namespace, needs, questions, cpu, memory):
    """Put the questions one by one; send a frame for each answer."""
    from autograder.box import frames, values

    limit(memory)
    for question in questions:
        limit_cpu(cpu)
        try:
            kind, value = attempt(probe, namespace, needs, question)
        except BaseException as error:  # KeyboardInterrupt and the like, raised by the student
            kind, value = RAISED, f"{needs[-1]} raised {describe(error, namespace)}"
        tree, blobs = values.pack(value)
        try:
            frames.send(fd, {"kind": kind, "value": tree}, blobs)
        except frames.BadFrame:
            frames.send(fd, {"kind": RAISED, "value": f"{needs[-1]} returned more than fits into an answer"})


def code(source, name):
    """A cell, compiled; where it is no Python as it stands, without its magics and shell lines."""
    try:
        return compile(source, name, "exec")
    except SyntaxError:
        return compile(re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source), name, "exec")


def limit(memory):
    """At most so many bytes of address space beyond what the process has now."""
    try:
        import resource

        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (now + memory, hard))
    except (ImportError, OSError, ValueError):  # no /proc, or a lower limit is in force already
        pass


def limit_cpu(seconds):
    """At most so many seconds of CPU time from now on."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + seconds + 1), hard))


def serve(read, write, cpu, memory):
    """The loop of the box's main process."""
    import linecache

    from autograder.box import frames, values

    namespace = {"__name__": "__main__", "__builtins__": __builtins__}
    limit(memory)
    while True:
        try:
            header, blobs = frames.receive(read)
        except frames.Closed:
            return
        if header["op"] == "cell":
            source, name = header["source"], header["name"]
            linecache.cache[name] = len(source), None, source.splitlines(True), name
            limit_cpu(cpu)
            says = None
            try:
                exec(code(source, name), namespace)
            except BaseException as error:
                says = describe(error, namespace)
            frames.send(write, {"raised": says})
        else:
            probe, questions = load(header["probe"], header["name"]), values.unpack(header["questions"], blobs)
            child = os.fork()
            if child == 0:
                try:
                    answer(write, probe, namespace, header["needs"], questions, cpu, memory)
                finally:
                    os._exit(0)
            _, status = os.waitpid(child, 0)
            frames.send(write, {"end": os.waitstatus_to_exitcode(status)})


def main():
    """Take over the frames' descriptors, then serve."""
    here, cpu, memory = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    sys.path.insert(0, here)
    read, write = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import numpy  # noqa: F401  (before any limit, so that it is not counted)

    serve(read, write, cpu, memory)


if __name__ == "__main__":
    main()
