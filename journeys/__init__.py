"""Journeys takes each customer through a lifecycle as a state machine."""
