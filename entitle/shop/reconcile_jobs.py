"""Work that is to come against what it is for."""

from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found

FOR_A_GRANT, FOR_A_CONTRACT = ("expire", "claim-expiring"), ("issue", "remind", "end")
LAPSE = "lapse"


def job_breaks(books: Books) -> Found:
    """Every job is for something that is there; what ends by itself is tidied up when it ends, not before."""
    grants, contracts = {each.id: each for each in books.grants}, {each.id for each in books.contracts}
    holds = {each.id for each in books.holds}
    for job in books.jobs:
        kind = job.kind.partition(":")[0]
        if (kind in FOR_A_GRANT and job.subject not in grants) or (
            (kind in FOR_A_CONTRACT and job.subject not in contracts) or (kind == LAPSE and job.subject not in holds)
        ):
            yield Finding("job", job.kind, job.subject)
        elif job.kind == "expire" and (grant := grants[job.subject]).state in ("claimable", "active"):
            ends = grant.claim_until if grant.state == "claimable" else grant.valid_until
            if job.due_at != ends:
                yield Finding("job-due", f"expire of {grant.id}", job.due_at, ends)
    lapses = {job.subject: job.due_at for job in books.jobs if job.kind == LAPSE}
    for hold in books.holds:
        wanted = hold.expires_at if hold.state == "held" else None
        if hold.id not in lapses or lapses[hold.id] != wanted:
            yield Finding("job-due", f"lapse of {hold.id}", lapses.get(hold.id, "nothing"), wanted)
