"""Work that is to come against what it is for."""

from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found

FOR_A_GRANT, FOR_A_CONTRACT = ("expire", "claim-expiring"), ("issue", "remind", "end")


def job_breaks(books: Books) -> Found:
    """Every job is for a grant or contract that is there; what ends by itself is tidied up when it ends, not before."""
    grants, contracts = {each.id: each for each in books.grants}, {each.id for each in books.contracts}
    for job in books.jobs:
        kind = job.kind.partition(":")[0]
        if (kind in FOR_A_GRANT and job.subject not in grants) or (
            kind in FOR_A_CONTRACT and job.subject not in contracts
        ):
            yield Finding("job", job.kind, job.subject)
        elif job.kind == "expire" and (grant := grants[job.subject]).state in ("claimable", "active"):
            ends = grant.claim_until if grant.state == "claimable" else grant.valid_until
            if job.due_at != ends:
                yield Finding("job-due", f"expire of {grant.id}", job.due_at, ends)
