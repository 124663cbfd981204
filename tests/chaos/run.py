"""One run: a beginning, faults one after the other, an end, and the judgement."""

import sys
import time
import traceback

from fault import FAULTS, PROGRESS_S, healed

QUIET_S = 1  # from the end of a fault to the next one


class Run:
    def __init__(self, world, wished, choice):
        self.world, self.wished, self.choice = world, wished, choice
        self.faults = {}     # name → {"count", "first_hold_s_max", …}
        self.late = []       # sentences
        self.skipped = {}
        self.ended_in_vain = 0
        self.began = time.monotonic()

    def say(self, text):
        print(f"» {self.elapsed():6.1f} s  {text}", file=sys.stderr, flush=True)

    def elapsed(self):
        return time.monotonic() - self.began

    def all(self, judged):
        world = self.world
        self.say(f"{world.network.mode}, seed {self.wished.seed}, everything in {world.folder}")
        try:
            world.start()
            self.say(f"nodes {' '.join(world.wanted)} and the crowd")
            world.gather_crowd()
            self.expect("before", healed(world))
            for name in self.order():
                self.one(FAULTS[name])
            self.say("the crowd settles")
            trouble = world.settle()
            if trouble:
                self.late.append(trouble)
            self.say("the checker")
            return self.summary(judged())
        except AssertionError:
            self.late.append(traceback.format_exc())
            return self.summary({"violations": [], "requests": 0, "failed": 0, "unknown": 0, "checked": {}})

    # ---- which faults, and when ----

    def order(self):
        names = [name for name in FAULTS if (not self.wished.only or name in self.wished.only.split(","))
                 and name not in (self.wished.without or "").split(",")]
        for name in list(names):
            why = FAULTS[name].lacks(self.world)
            if why:
                self.skipped[name] = why
                self.say(f"{name} cannot be done here: {why}")
                names.remove(name)
        while names:
            yield from self.choice.sample(names, len(names))
            if self.wished.minutes is None:
                return

    def is_over(self):
        return self.wished.minutes is not None and self.elapsed() > 60 * self.wished.minutes

    def one(self, fault):
        if self.is_over():
            return
        self.world.check_crowd()
        self.say(f"{fault.name}: {fault.sentence}")
        self.world.record.note("fault", name=fault.name, phase="begin")
        entry = self.faults.setdefault(fault.name, {"count": 0, "steps": {}})
        entry["count"] += 1
        dead = len(self.world.deaths())
        for step in fault.run(self.world, self.choice):
            self.expect(fault.name, step, entry)
        self.world.record.note("fault", name=fault.name, phase="end")
        self.expect(fault.name, healed(self.world), entry)
        self.world.record.note("fault", name=fault.name, phase="healed")
        if fault.ends_nobody:
            self.ended_in_vain += len(self.world.deaths()) - dead
        time.sleep(QUIET_S)  # a stretch of the sale without faults

    # ---- what must become true ----

    def expect(self, name, step, entry=None):
        slack = self.wished.slack
        measure = self.world.probe.run(step.through, step.for_s, 0 if step.bound_s is None else PROGRESS_S * slack)
        seen = {"first_hold_s": round(measure.first_s, 2), "longest_wait_s": round(measure.longest_s, 2),
                "failed": measure.failed, "bound_s": step.bound_s}
        if entry is not None:
            before = entry["steps"].setdefault(step.what, dict(seen))
            for value in ("first_hold_s", "longest_wait_s", "failed"):
                before[value] = max(before[value], seen[value])
        self.world.note(f"{step.what}: first holds within {measure.first_s:.2f} s, longest wait {measure.longest_s:.2f} s, {measure.failed} failed"
                        + (f" (promised {step.bound_s} s)" if step.bound_s else ""), step=step.what, fault=name, **seen)
        if step.bound_s is None:
            return
        if measure.whole_s is None:
            self.fail(f"{name}: {step.what}: not within {PROGRESS_S * slack:.0f} s: {', '.join(measure.missing[:6])}")
        elif measure.longest_s > step.bound_s * slack:
            self.fail(f"{name}: {step.what}: somebody waited {measure.longest_s:.2f} s, promised are {step.bound_s} s")

    def fail(self, sentence):
        self.late.append(sentence)
        self.say("✗ " + sentence)

    # ---- what is said of it ----

    def summary(self, judgement):
        violations = [*self.late, *judgement["violations"]]
        return {"seed": self.wished.seed, "minutes": round(self.elapsed() / 60, 1), "mode": self.world.network.mode,
                "faults": self.faults, "skipped": self.skipped, "ended_in_vain": self.ended_in_vain,
                "requests": judgement["requests"], "failed": judgement["failed"], "unknown": judgement["unknown"],
                "checked": judgement["checked"], "violations": violations, "verdict": "ok" if not violations else "violated"}

    @staticmethod
    def text(summary):
        lines = [f"chaos, seed {summary['seed']}: {summary['minutes']} minutes, {summary['mode']}"]
        for name, entry in summary["faults"].items():
            lines.append(f"  {entry['count']:3} × {name}")
            lines += [f"        {what}: first holds {step['first_hold_s']:.2f} s, longest wait {step['longest_wait_s']:.2f} s,"
                      f" {step['failed']} failed"
                      + (f", promised {step['bound_s']} s" if step["bound_s"] else "") for what, step in entry["steps"].items()]
        lines += [f"    0 × {name}: {why}" for name, why in summary["skipped"].items()]
        lines.append(f"nodes ended in vain: {summary['ended_in_vain']}")
        lines.append(f"requests {summary['requests']}, failed {summary['failed']}, unknown {summary['unknown']}")
        lines.append("checked " + ", ".join(f"{count} {what}" for what, count in summary["checked"].items()))
        lines += [f"violated: {sentence}" for sentence in summary["violations"]]
        return "\n".join([*lines, f"verdict: {summary['verdict']}"])
