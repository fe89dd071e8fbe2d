"""Admin pages of the schedules: django-celery-beat's own, dressed as the rest of the console."""

from typing import Any

from django.contrib import admin
from django_celery_beat import admin as beat
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin.choosing import ChoosingAdmin

for _model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(_model)


class TaskSelectWidget(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """The tasks that workers know."""


class TaskForm(beat.PeriodicTaskForm):
    """A scheduled task, chosen by name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelectWidget()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, ChoosingAdmin):
    form = TaskForm
    ordering = ("name",)
    change_form_template = None  # the library's own brings an inline script, which the console's policy forbids


class TaskInline(beat.PeriodicTaskInline, TabularInline):
    """The tasks on a schedule."""


class ScheduleAdmin(ChoosingAdmin):
    """A schedule and the tasks on it."""

    inlines = (TaskInline,)


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(ScheduleAdmin, beat.ClockedScheduleAdmin):
    """A moment, and the tasks that are due then."""


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(ScheduleAdmin, beat.CrontabScheduleAdmin):
    """Times of the clock and the calendar, and the tasks that are due then."""


admin.site.register((IntervalSchedule, SolarSchedule), ScheduleAdmin)
