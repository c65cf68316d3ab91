"""What runs inside the box, beside the student's code. The judge trusts nothing that it says.

The process reads and writes frames on one line to the judge:

    cell    run some source text in the student's namespace; say whether it raised
    ask     fork a child as things stand now; or answer `here`, where nothing is asked afterwards
    round   in that child, put questions to the student's functions
    over    let the child end

A question is answered in a child so that a crash, a hang or a poisoned namespace costs one
answer and not the rest of the submission. Before any student code runs, descriptors 0, 1 and 2
become the null device: what students print is dropped.

`attempt` is also what `check` calls in a notebook, so both venues treat an answer alike.
"""

import ast
import contextlib
import json
import linecache
import os
import re
import signal
import sys
import time
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
        says, line = (error.msg, error.lineno) if isinstance(error, SyntaxError) else (str(error), None)
        says = " ".join(says.split())[:300]
    except Exception:
        says, line = "", None
    line = line or next((number for home, number in reversed(list(_lines(error))) if home is namespace), None)
    return f"{type(error).__name__}{': ' * bool(says)}{says}{f', at line {line}' if line else ''}"


def _lines(error):
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield frame.f_globals, line


def load(source, name):
    """The probe, from its source text alone."""
    import numpy as np

    scope = {"np": np}
    exec(compile(source, f"<{name}>", "exec"), scope)
    return scope[name]


def answer(fd, probe, namespace, needs, questions, cpu, parts=()):
    """Put the questions one by one; send a frame for each answer. Calls of `parts` go to the judge."""
    from autograder.box import frames, values

    undo = replace(namespace, needs, {name: judged(fd, name) for name in parts})
    for question in questions:
        limit_cpu(cpu)
        try:
            kind, value = attempt(probe, namespace, needs, question)
            tree, blobs = values.pack(value)
            frames.send(fd, {"kind": kind, "value": tree}, blobs)
        except frames.BadFrame:
            frames.send(fd, {"kind": RAISED, "value": f"{needs[-1]} returned more than fits into an answer"})
        except MemoryError:
            frames.send(fd, {"kind": MEMORY, "value": f"{needs[-1]} returned more than fits into memory"})
        except BaseException as error:  # KeyboardInterrupt and the like, raised by the student
            frames.send(fd, {"kind": RAISED, "value": f"{needs[-1]} raised {describe(error, namespace)}"})
    undo()


def tree(source, name):
    """A cell's syntax tree; where it is no Python as it stands, without its magics and shell lines."""
    try:
        return ast.parse(source, name)
    except SyntaxError:
        return ast.parse(re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source), name)


def execute(header, namespace):
    """Run a cell. What to say of it: whether it raised and, where that is asked for, what it shows."""
    source, name, says, shows = header["source"], header["name"], None, None
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    try:
        if header["shows"]:
            from autograder.box.shown import Shows

            shows = Shows()
            shows.run(tree(source, name), name, namespace, quiet=source.rstrip().endswith(";"))
        else:
            exec(compile(tree(source, name), name, "exec"), namespace)
    except BaseException as error:
        says = describe(error, namespace)
    if shows is None:
        return {"raised": says}, []
    return {"raised": says, "text": shows.printed.text, "result": shows.result}, shows.figures


def replace(namespace, needs, functions):
    """Put functions in the place of those that the student's code would call; returns what undoes it."""
    homes = [getattr(namespace.get(name), "__globals__", None) for name in needs]
    homes = [home for home in homes if isinstance(home, dict)] if functions else []
    before = [(home, name, home.get(name, homes)) for home in homes for name in functions]
    for home in homes:
        home.update(functions)

    def undo():
        for home, name, value in before:
            if value is homes:  # there was nothing
                home.pop(name, None)
            else:
                home[name] = value

    return undo


def judged(fd, name):
    """A function that has its calls answered by the judge."""
    from autograder.box import frames, values

    def call(*arguments):
        tree, blobs = values.pack(list(arguments))
        frames.send(fd, {"call": name, "value": tree}, blobs)
        header, blobs = frames.receive(fd)
        answer = values.unpack(header["value"], blobs)
        if header["kind"] != VALUE:
            raise ValueError(answer)
        return answer

    return call


def setup_limits(limits, taken):
    """Bounds on memory (beyond what is `taken` already), files and core dumps."""
    limit("AS", taken + limits["memory"])
    limit("FSIZE", limits["disk"])
    limit("NOFILE", 64)
    limit("CORE", 0)


def limit(name, value):
    """Set one limit, unless a lower one is in force or the system does not know it."""
    import resource

    if which := getattr(resource, f"RLIMIT_{name}", None):
        _, hard = resource.getrlimit(which)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (most, most))


def address_space():
    """Bytes of address space that this process has now; generous where the system does not say."""
    import resource

    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 4 << 30


def limit_cpu(seconds):
    """At most so many seconds of CPU time from now on."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + seconds + 1), hard))


def serve(line, cpu, alone):
    """The loop of the box's main process. Where it is `alone` with what the student started, that ends
    before questions are asked: nothing in the background can hold up or overhear an answer."""
    from autograder.box import frames

    namespace = {"__name__": "__main__", "__builtins__": __builtins__, "display": lambda *_, **__: None}
    while True:
        try:
            header, blobs = frames.receive(line)
        except frames.Closed:
            return
        if header["op"] == "cell":
            limit_cpu(cpu)
            frames.send(line, *execute(header, namespace))
        elif header["op"] == "ask":  # else a child has ended without reading what was for it
            if alone:
                end_everybody_else()
            if header["here"]:
                answer_rounds(line, namespace, cpu)
                return
            child = fork()
            if child == 0:
                try:
                    answer_rounds(line, namespace, cpu)
                finally:
                    os._exit(0)
            _, status = os.waitpid(child, 0)
            frames.send(line, {"end": os.waitstatus_to_exitcode(status)})


def answer_rounds(line, namespace, cpu):
    """Answer round after round, until there are no more."""
    from autograder.box import frames, values

    while True:
        asked, blobs = frames.receive(line)
        if asked["op"] != "round":
            return
        probe, questions = load(asked["probe"], asked["name"]), values.unpack(asked["questions"], blobs)
        answer(line, probe, namespace, asked["needs"], questions, cpu, asked["parts"])


def end_everybody_else():
    """End what runs beside this process, and reap what it had started: the dead count as processes too."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(-1, signal.SIGKILL)  # not this process, and not pid 1
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def fork():
    """Fork; where what was just ended still counts against the limit, a little later."""
    for _ in range(100):
        try:
            return os.fork()
        except BlockingIOError:
            time.sleep(0.01)
    return os.fork()


def main():
    """A worker without namespaces: take over the frames' descriptors, then serve."""
    here, limits, another_user = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3] == "uid"
    sys.path.insert(0, here)
    line = os.dup(0)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import numpy  # noqa: F401  (before the limits, so that it is not counted)

    setup_limits(limits, address_space())
    if another_user:
        from autograder.box import seccomp

        limit("NPROC", limits["processes"])
        seccomp.install()
    serve(line, limits["cpu"], alone=another_user)


if __name__ == "__main__":
    main()
