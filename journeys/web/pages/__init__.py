"""Pages for customers: what is behind the links of their messages.

Each is whole without a script, and what it may do is said by the link, which is sealed: there are no cookies, so that
nothing that a browser sends by itself opens anything.  `GET` changes nothing of what a customer decides, because
programs that look at mails follow every link in them; `POST` does.  `page.py` has how they look, `words.py` what they
say in each language.
"""
